import type { RunOutcome } from './run-outcome.js';

/** One tick, or one manual run, as it was recorded. */
export interface JobRun {
  readonly job: string;
  /** The nominal instant; of a manual run the instant of its request. Of `missed` ticks the last one. */
  readonly tick: Date;
  readonly outcome: RunOutcome;
  /** Why it was skipped: `running`, `queue-full`, `paused` or `late`. Of `unreadable` what stands in Redis. */
  readonly reason: string | undefined;
  readonly runId: string;
  /** Whether it is a manual run. */
  readonly manual: boolean;
  /** Calls of the handler; 0 when it did not run. An abandoned one may have died before its first. */
  readonly attempts: number;
  /** Fencing token of the term that decided. */
  readonly token: number;
  /** The candidate that ran it, or decided that it does not run. */
  readonly podId: string;
  readonly app: string;
  readonly version: string;
  /** The schedule as it was written. */
  readonly schedule: string;
  /**
   * By the clock of Redis, as its pod knows it; `undefined` unless it started. Of a run that goes on, and of one that was abandoned, the
   * moment of its claim, by the clock of Redis.
   */
  readonly startedAt: Date | undefined;
  /** By the clock of Redis, as its pod knows it; of a run that was abandoned the moment at which it was given up. */
  readonly finishedAt: Date | undefined;
  readonly durationMs: number | undefined;
  readonly error: RunError | undefined;
  readonly catchUp: boolean;
  readonly recovering: boolean;
  /** Whether it is the run at the start of a new version of the application: see `runAtStart`. */
  readonly atStart: boolean;
  /** The tick that follows this one; `undefined` when there is none. */
  readonly nextTick: Date | undefined;
  /** Of `missed`: the ticks after `since` up to `tick`; `count` of them, where 1000 stands for 1000 or more. */
  readonly missed: { readonly since: Date; readonly count: number } | undefined;
}

/** An error as it is kept: bounded text. */
export interface RunError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

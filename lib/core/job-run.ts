/** What became of a tick. */
export type RunOutcome =
  | 'succeeded'
  /** The handler threw, as often as it was tried. */
  | 'failed'
  | 'timed-out'
  /** Its signal was aborted, by a lost run-lock or a shutdown, and the handler gave up. */
  | 'aborted'
  /** Its pod died. */
  | 'abandoned'
  /** It did not run; `reason` says why. */
  | 'skipped'
  /** Nobody led when it was due, and it was not made up. */
  | 'missed'
  /** It goes on. */
  | 'running';

/** One tick, or one run fired by hand, as it was recorded. */
export interface JobRun {
  readonly job: string;
  /** The nominal instant; of a run fired by hand the moment of that. Of `missed` ticks the last one. */
  readonly tick: Date;
  readonly outcome: RunOutcome;
  /** Why it was skipped: `running`, `queue-full`, `paused` or `late`. */
  readonly reason: string | undefined;
  readonly runId: string;
  /** Whether it was fired by hand. */
  readonly manual: boolean;
  /** Calls of the handler. 0 when it was never called. */
  readonly attempts: number;
  /** Fencing token of the term that decided. */
  readonly token: number;
  /** The candidate that ran it, or decided that it does not run. */
  readonly pod: string;
  readonly app: string;
  readonly version: string;
  /** The schedule as it was written. */
  readonly schedule: string;
  /** By the pod's clock; `undefined` until, or unless, it started. */
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly durationMs: number | undefined;
  readonly error: RunError | undefined;
  readonly catchUp: boolean;
  readonly recovering: boolean;
  /** The tick that follows this one; `undefined` when there is none. */
  readonly nextTick: Date | undefined;
  /** Of `missed`: the ticks after `since` up to `tick`; `count` of them, or 1000 and more. */
  readonly missed: { readonly since: Date; readonly count: number } | undefined;
}

/** What is kept of an error: bounded text. */
export interface RunError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

import type { CronSchedule } from './cron-schedule.js';

/** What a handler is told about the tick it handles. */
export interface JobContext {
  /** Name of the job. */
  readonly job: string;
  /** The nominal instant of the tick: equal on every pod, whenever the handler really starts. */
  readonly tick: Date;
  /** Identity of this run. */
  readonly runId: string;
  /** Fencing token of the term in which the run started. */
  readonly token: number;
}

export type JobHandler = (context: JobContext) => unknown;

/** A method with a schedule. */
export interface Job {
  /** Unique within the application, equal on every pod. */
  readonly name: string;
  readonly schedule: CronSchedule;
  readonly handler: JobHandler;
  /** Registered, but not started until somebody starts it. */
  readonly disabled: boolean;
  /** How long after the application's start the job is started. */
  readonly initialDelayMs: number;
  /** Whether the timer lets the process end. */
  readonly unrefTimeout: boolean;
  /** Whether a tick is skipped while an earlier run of this process goes on. */
  readonly waitForCompletion: boolean;
  /** Ticks found more than this late are skipped; `Infinity`: none is. */
  readonly thresholdMs: number;
}

/** One tick on its way to the handler. */
export interface Run {
  readonly job: Job;
  /** Unix milliseconds. */
  readonly tick: number;
  readonly runId: string;
  readonly token: number;
}

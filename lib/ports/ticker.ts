import type { CronSchedule } from '../core/cron-schedule.js';
import type { Job } from '../core/job.js';

/** The timers that wake the engine. A wake-up says "look", never which tick is due. */
export interface Ticker {
  /** Adds a job, stopped. Throws `DuplicateJobError` when the name is taken. */
  add(job: Job, onWake: (wake: Wake) => void): JobTimer;
  /** Starts the jobs that are neither disabled nor delayed; delayed ones follow by themselves. */
  start(): void;
  /** Stops and forgets every job: no wake-up follows. */
  stop(): void;
}

/** The timer of one job. */
export interface JobTimer {
  /** Wakes the engine now, as if the timer had fired; nothing happens while the job is stopped. */
  wake(): void;
}

export interface Wake {
  /** `timer`: the schedule is due. `manual`: a person or program fired the job by hand. */
  readonly cause: 'timer' | 'manual';
  /** The schedule in force; a user may have replaced it on the CronJob. */
  readonly schedule: CronSchedule;
  /** When the job was last started, Unix milliseconds: ticks up to then are not the job's. */
  readonly startedAt: number;
}

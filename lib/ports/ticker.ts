import type { Schedule } from '../core/schedule/schedule.js';
import type { CronJobCall } from '../core/events.js';
import type { Job } from '../core/job/job.js';

/**
 * The timers that wake the engine: at each tick, and when a job is started by a user or after its delay. A wake-up does
 * not say which tick is due.
 */
export interface Ticker {
  /** Adds a job, stopped. Throws `DuplicateJobError` when the name is taken. */
  add(job: Job, listener: WakeListener): JobTimer;
  /** Starts a job, unless it is disabled; one that is delayed follows by itself. Ticks missed before are its own. */
  begin(job: Job): void;
  /** Stops and forgets a job. */
  remove(job: Job): void;
  /**
   * A term of leading has begun at this instant (Unix ms, by the store's clock); `undefined`: it is over. Notifies the
   * schedules that tick once a term, including those that come later, and sets their timers anew.
   */
  setTerm(since: number | undefined): void;
  /** Calls `listener` when a user starts, stops, deletes or re-times the CronJob of a job. One listener. */
  watch(listener: (job: Job, call: CronJobCall) => void): void;
  /** Sets all timers anew: the clock by which ticks are due was corrected, or has stepped. */
  realign(): void;
  /** Stops and forgets every job: no wake-up follows. */
  stop(): void;
}

/** Receives the wake-ups of a job. */
export interface WakeListener {
  wake(wake: Wake): void;
}

/** The timer of one job. */
export interface JobTimer {
  /** The schedule that the job follows now; `undefined` while it is stopped. */
  readonly activeSchedule: ActiveSchedule | undefined;
  /**
   * Whether it is not to tick here: it is disabled and was not started, or a user has stopped or deleted it. Not during
   * its initial delay, and not because it has no more ticks.
   */
  readonly isStopped: boolean;
  /** Follows another schedule from now on; a timer that is stopped stays so. */
  reschedule(schedule: Schedule): void;
}

/** The schedule that a job follows. */
export interface ActiveSchedule {
  /** The schedule in force; a user may have replaced it on the CronJob. */
  readonly schedule: Schedule;
  /**
   * Ticks up to this instant (Unix ms) are not the job's: a user started it then. `-Infinity` for a job that the
   * application has started, at once or after its initial delay.
   */
  readonly startedAt: number;
}

export interface Wake extends ActiveSchedule {
  /** `timer`: the schedule is due, or begins. `manual`: a user has fired the job. */
  readonly cause: 'timer' | 'manual';
}

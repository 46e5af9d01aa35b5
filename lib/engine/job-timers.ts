import type { Job } from '../core/job/job.js';
import type { ActiveSchedule, JobTimer, Ticker, WakeListener } from '../ports/ticker.js';

/** A job that ticks on this pod. */
export interface ActiveJob {
  readonly job: Job;
  readonly activeSchedule: ActiveSchedule;
}

export function jobsOf(activeJobs: readonly ActiveJob[]): readonly Job[] {
  return activeJobs.map(({ job }) => job);
}

/** The jobs of this pod and their timers. */
export class JobTimers {
  private readonly timers = new Map<Job, JobTimer>();

  constructor(private readonly ticker: Ticker) {}

  /** Puts a job on its timer, stopped. Throws `DuplicateJobError` when the timer's name is taken. */
  add(job: Job, listener: WakeListener): void {
    this.timers.set(job, this.ticker.add(job, listener));
  }

  /** Starts the timer of a job. */
  begin(job: Job): void {
    this.ticker.begin(job);
  }

  /** Removes a job: it ticks no more here. */
  remove(job: Job): void {
    this.ticker.remove(job);
    this.timers.delete(job);
  }

  /** Removes all jobs: no wake-up follows. */
  stop(): void {
    this.ticker.stop();
    this.timers.clear();
  }

  get all(): ReadonlyMap<Job, JobTimer> {
    return this.timers;
  }

  /** The schedule that a job follows now; `undefined` while it is stopped. */
  activeScheduleOf(job: Job): ActiveSchedule | undefined {
    return this.timers.get(job)?.activeSchedule;
  }

  /** Whether it is not to tick on this pod: see `JobTimer`. A job in its initial delay is not stopped. */
  isStopped(job: Job): boolean {
    return this.timers.get(job)?.isStopped ?? true;
  }

  /** Whether it is in its initial delay on this pod. */
  isDelayed(job: Job): boolean {
    return this.timers.has(job) && this.activeScheduleOf(job) === undefined && !this.isStopped(job);
  }

  /** The jobs that tick on this pod. */
  get active(): readonly ActiveJob[] {
    return [...this.timers].flatMap(([job, { activeSchedule }]) =>
      activeSchedule === undefined ? [] : [{ job, activeSchedule }],
    );
  }

  /** Those of this name. */
  activeAs(name: string): readonly ActiveJob[] {
    return this.active.filter(({ job }) => job.name === name);
  }
}

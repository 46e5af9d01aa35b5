import { CronJob } from 'cron';

import { CronSchedule } from '../../core/cron-schedule.js';
import type { Job } from '../../core/job.js';
import type { JobTimer, Wake } from '../../ports/ticker.js';

/**
 * The CronJob that stands in the SchedulerRegistry for a leader job. Users list, stop, start and reschedule it
 * there as any other; it only wakes the engine, which knows what is due.
 */
export class LeaderCronJob extends CronJob implements JobTimer {
  private halted = true;
  private startedAt = 0;
  private schedule: CronSchedule;
  private lastFiring: Date | null = null;

  constructor(
    job: Job,
    private readonly now: () => number,
    private readonly onWake: (wake: Wake) => void,
  ) {
    // cron's constructor takes an expression; the schedule, which has its CronTime already, replaces it below.
    super('* * * * * *', () => this.fired());
    this.name = job.name;
    this.unrefTimeout = job.unrefTimeout;
    // A late firing is no reason to skip: the engine finds the ticks that fell due meanwhile. Nor does cron wait
    // for completion: the engine keeps runs apart, and a firing that cron left out would be a lost one.
    this.threshold = Infinity;
    this.schedule = job.schedule;
    this.setTime(job.schedule.cronTime);
  }

  /** Also called by cron itself after each firing; ticks count from a start that follows a stop. */
  override start(): void {
    if (this.halted) {
      this.halted = false;
      this.startedAt = this.now();
    }
    super.start();
  }

  override stop(): Promise<void> | undefined {
    this.halted = true;
    return super.stop();
  }

  wake(): void {
    if (this.isActive) this.tell('timer');
  }

  private fired(): void {
    // cron notes the time of every firing of its timer; a call of fireOnTick() by hand leaves the note alone.
    const byTimer = this.lastExecution !== this.lastFiring;
    this.lastFiring = this.lastExecution;
    this.tell(byTimer ? 'timer' : 'manual');
  }

  private tell(cause: Wake['cause']): void {
    if (this.schedule.cronTime !== this.cronTime) this.schedule = new CronSchedule(this.cronTime);
    this.onWake({ cause, schedule: this.schedule, startedAt: this.startedAt });
  }
}

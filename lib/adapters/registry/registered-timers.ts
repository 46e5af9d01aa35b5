import type { SchedulerRegistry } from '@nestjs/schedule';

import type { Job } from '../../core/job/job.js';
import type { LeaderCronJob } from './leader-cron-job.js';
import { RegisteredTimer } from './registered-timer.js';

/** The jobs that stand among the intervals or the timeouts of the SchedulerRegistry, too. */
export class RegisteredTimers {
  private readonly timers = new Map<Job, RegisteredTimer>();

  constructor(private readonly registry: SchedulerRegistry) {}

  /** @param onClear called when a user clears or deletes it */
  add(job: Job, cronJob: LeaderCronJob, onClear: () => void): void {
    const { name, registeredAs } = job;
    if (registeredAs === undefined) return;
    const timer = new RegisteredTimer(cronJob, onClear);
    this.timers.set(job, timer);
    if (registeredAs === 'interval') this.registry.addInterval(name, timer);
    else this.registry.addTimeout(name, timer);
  }

  /** Removes the timer of a job; one that a user has put there instead stays. */
  remove(job: Job): void {
    const timer = this.timers.get(job);
    this.timers.delete(job);
    if (timer === undefined || timer !== this.registered(job)) return;
    if (job.registeredAs === 'interval') this.registry.deleteInterval(job.name);
    else this.registry.deleteTimeout(job.name);
  }

  private registered({ name, registeredAs = 'interval' }: Job): unknown {
    if (!this.registry.doesExist(registeredAs, name)) return undefined;
    return registeredAs === 'interval' ? this.registry.getInterval(name) : this.registry.getTimeout(name);
  }
}

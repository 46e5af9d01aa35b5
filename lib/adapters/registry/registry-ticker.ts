import type { SchedulerRegistry } from '@nestjs/schedule';

import { DuplicateJobError } from '../../core/errors/errors.js';
import type { CronJobCall } from '../../core/events.js';
import type { Job } from '../../core/job/job.js';
import { inPresentContext, type InContext } from '../../ports/context.js';
import type { Clock, Timer } from '../../ports/clock.js';
import type { JobTimer, Ticker, Wake, WakeListener } from '../../ports/ticker.js';
import { LeaderCronJob } from './leader-cron-job.js';
import { RegisteredTimers } from './registered-timers.js';

/** The jobs as CronJobs in the SchedulerRegistry of @nestjs/schedule. */
export class RegistryTicker implements Ticker {
  private readonly cronJobs = new Map<Job, LeaderCronJob>();
  private readonly delays = new Map<Job, Timer>();
  private readonly timers: RegisteredTimers;
  private termSince: number | undefined;
  private onCall: (job: Job, call: CronJobCall) => void = () => undefined;

  constructor(
    private readonly registry: SchedulerRegistry,
    protected readonly clock: Clock,
    /** The context in which jobs wake and their timers are set, for any caller that starts or fires them. */
    private readonly inContext: InContext = inPresentContext,
    /** The time by which ticks are due, Unix ms. */
    private readonly now: () => number = () => clock.now().wallMs,
  ) {
    this.timers = new RegisteredTimers(registry);
  }

  add(job: Job, listener: WakeListener): JobTimer {
    for (const kind of ['cron', job.registeredAs ?? 'cron'] as const)
      if (this.registry.doesExist(kind, job.name)) throw nameTaken(kind, job.name);
    const cronJob = this.cronJobOf(job, wake => this.inContext(() => listener.wake(wake)));
    cronJob.watch(call => this.called(job, call));
    cronJob.setTerm(this.termSince);
    this.cronJobs.set(job, cronJob);
    this.registry.addCronJob(job.name, cronJob);
    this.timers.add(job, cronJob, () => this.cleared(job));
    return cronJob;
  }

  begin(job: Job): void {
    if (job.disabled) return;
    if (job.initialDelayMs <= 0) this.registered(job)?.begin();
    else
      this.delays.set(
        job,
        this.clock.timer(job.initialDelayMs, () => this.registered(job)?.beginLate()),
      );
  }

  remove(job: Job): void {
    this.delays.get(job)?.cancel();
    this.cronJobs.get(job)?.end();
    const isRegistered = this.isRegistered(job);
    this.cronJobs.delete(job);
    if (isRegistered) this.registry.deleteCronJob(job.name);
    this.delays.delete(job);
    this.timers.remove(job);
  }

  setTerm(since: number | undefined): void {
    this.termSince = since;
    for (const cronJob of this.cronJobs.values()) cronJob.setTerm(since);
  }

  watch(listener: (job: Job, call: CronJobCall) => void): void {
    this.onCall = listener;
  }

  realign(): void {
    for (const cronJob of this.cronJobs.values()) cronJob.realign();
  }

  stop(): void {
    for (const job of this.cronJobs.keys()) this.remove(job);
  }

  private cronJobOf(job: Job, onWake: (wake: Wake) => void): LeaderCronJob {
    return new LeaderCronJob(job, { clock: this.clock, now: this.now }, onWake);
  }

  private called(job: Job, call: CronJobCall): void {
    if (call !== 'stop') return this.onCall(job, call);
    // The registry stops a job first and deletes it then.
    this.clock.immediate(() => {
      if (!this.cronJobs.has(job)) return;
      const isDeleted = !this.isRegistered(job);
      if (isDeleted) this.timers.remove(job);
      this.onCall(job, isDeleted ? 'deleteCronJob' : 'stop');
    });
  }

  /** A user has deleted the interval or the timeout, which stands for the job as its CronJob does. */
  private cleared(job: Job): void {
    if (this.isRegistered(job)) this.registry.deleteCronJob(job.name);
  }

  /** The job's timer, unless a user has deleted it. */
  private registered(job: Job): LeaderCronJob | undefined {
    return this.isRegistered(job) ? this.cronJobs.get(job) : undefined;
  }

  private isRegistered(job: Job): boolean {
    const cronJob = this.cronJobs.get(job);
    return cronJob !== undefined && this.registry.getCronJobs().get(job.name) === cronJob;
  }
}

const KINDS = { cron: 'a cron job', interval: 'an interval', timeout: 'a timeout' } as const;

function nameTaken(kind: keyof typeof KINDS, name: string): DuplicateJobError {
  return new DuplicateJobError({
    problem: `The SchedulerRegistry has ${KINDS[kind]} of this name already`,
    received: name,
    remedy: "Give one of them another name, in the options of its decorator: { name: '…' }",
  });
}

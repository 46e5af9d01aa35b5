import type { Gauge } from 'prom-client';

import type { ScheduleEvent } from '../core/events.js';
import type { SchedulerView } from '../client/scheduler-view.js';
import type { MetricMaker } from './metric-maker.js';
import type { StatusReader } from './status-reader.js';

/** Jobs that are read at once. */
const AT_ONCE = 100;

/** Whether jobs run when they should: what is overdue, and when each succeeded last. */
export class FreshnessMetrics {
  private readonly successes: Gauge;
  private readonly succeededAt = new Map<string, number>();
  /** Of the term in which the successes of other pods were read. */
  private readToken: number | undefined;

  constructor(
    maker: MetricMaker,
    private readonly status: StatusReader,
    private readonly scheduler: SchedulerView,
  ) {
    this.successes = maker.gauge('last_success_timestamp_seconds', () => this.readSuccesses());
    maker.gauge('job_set_differs', async gauge => {
      const difference = (await this.status.read())?.jobDifference;
      gauge.set(difference === undefined || difference.isInformation ? 0 : 1);
    });
    maker.gauge('job_overdue', gauge => this.readOverdue(gauge));
  }

  onEvent(event: ScheduleEvent): void {
    if (event.type === 'job.succeeded') this.note(event.job, Date.now());
  }

  private note(job: string, at: number): void {
    const newest = Math.max(at, this.succeededAt.get(job) ?? 0);
    this.succeededAt.set(job, newest);
    this.successes.set({ job_name: job }, newest / 1000);
  }

  /** Once a term, on its leader: it reports the successes of other pods before its own. */
  private async readSuccesses(): Promise<void> {
    const token = (await this.status.read())?.token;
    if (token === undefined || token === this.readToken) return;
    const { jobNames } = this.scheduler;
    for (let at = 0; at < jobNames.length; at += AT_ONCE)
      await Promise.all(jobNames.slice(at, at + AT_ONCE).map(job => this.readSuccess(job)));
    this.readToken = token;
  }

  private async readSuccess(job: string): Promise<void> {
    const run = await this.scheduler.lastSuccess(job);
    if (run?.finishedAt !== undefined) this.note(job, run.finishedAt.getTime());
  }

  private async readOverdue(gauge: Gauge): Promise<void> {
    const status = await this.status.read();
    gauge.reset();
    if (status?.isStoreAvailable !== true) return;
    for (const job of this.scheduler.jobNames) gauge.set({ job_name: job }, 0);
    for (const { job } of status.overdue) gauge.set({ job_name: job }, 1);
  }
}

import type { Counter, Gauge, Histogram } from 'prom-client';

import type { RunEventFacts, ScheduleEvent } from '../core/events.js';
import type { FailedOutcome } from '../core/run/run-outcome.js';
import type { SchedulerView } from '../client/scheduler-view.js';
import type { MetricMaker } from './metric-maker.js';
import type { ResolvedMetricsOptions } from './metrics-options.js';

const OUTCOMES: readonly ('succeeded' | FailedOutcome)[] = ['succeeded', 'failed', 'timed-out', 'aborted'];

/** The metrics of ticks and runs. */
export class JobMetrics {
  private readonly runs: Counter;
  private readonly durations: Histogram;
  private readonly lags: Histogram;
  private readonly inProgress: Gauge;
  private readonly retries: Counter;
  private readonly skipped: Counter;
  private readonly missed: Counter;
  private readonly blocked: Counter;
  private readonly abandoned: Counter;
  private readonly stale: Counter;

  constructor(
    maker: MetricMaker,
    { durationBuckets, lagBuckets }: ResolvedMetricsOptions,
    private readonly scheduler: SchedulerView,
  ) {
    this.runs = maker.counter('runs_total', counter => this.beginAtZero(counter, OUTCOMES));
    this.durations = maker.histogram('run_duration_seconds', durationBuckets);
    this.lags = maker.histogram('run_lag_seconds', lagBuckets);
    this.inProgress = maker.gauge('runs_in_progress');
    this.retries = maker.counter('retries_total', counter => this.beginAtZero(counter));
    this.skipped = maker.counter('ticks_skipped_total');
    this.missed = maker.counter('ticks_missed_total', counter => this.beginAtZero(counter));
    this.blocked = maker.counter('ticks_blocked_total', counter => this.beginAtZero(counter));
    this.abandoned = maker.counter('runs_abandoned_total', counter => this.beginAtZero(counter));
    this.stale = maker.counter('runs_stale_total', counter => this.beginAtZero(counter));
  }

  onEvent(event: ScheduleEvent): void {
    switch (event.type) {
      case 'job.started':
        this.inProgress.inc({ job_name: event.job });
        return this.lags.observe({ job_name: event.job }, event.lagMs / 1000);
      case 'job.succeeded':
        return this.end(event, 'succeeded');
      case 'job.failed':
        return this.end(event, event.outcome);
      case 'job.retrying':
        return this.retries.inc({ job_name: event.job });
      case 'job.skipped':
        return this.skipped.inc({ job_name: event.job, reason: event.reason });
      case 'job.missed':
        return this.missed.inc({ job_name: event.job }, event.count);
      case 'job.blocked':
        return this.blocked.inc({ job_name: event.job });
      case 'job.abandoned':
        return this.abandoned.inc({ job_name: event.job });
      case 'job.stale':
        return this.stale.inc({ job_name: event.job });
      default:
    }
  }

  private end({ job, durationMs }: RunEventFacts & { readonly durationMs: number }, outcome: string): void {
    this.inProgress.dec({ job_name: job });
    this.runs.inc({ job_name: job, outcome });
    this.durations.observe({ job_name: job }, durationMs / 1000);
  }

  /** A counter that is absent before its first event has no increase then. */
  private beginAtZero(counter: Counter, outcomes?: readonly string[]): void {
    for (const job of this.scheduler.jobNames) {
      if (outcomes === undefined) counter.inc({ job_name: job }, 0);
      else for (const outcome of outcomes) counter.inc({ job_name: job, outcome }, 0);
    }
  }
}

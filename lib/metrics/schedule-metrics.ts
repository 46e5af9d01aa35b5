import { Inject, Injectable, type OnApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { SchedulerView } from '../client/scheduler-view.js';
import { ElectionMetrics } from './election-metrics.js';
import { FreshnessMetrics } from './freshness-metrics.js';
import { JobMetrics } from './job-metrics.js';
import { MetricMaker } from './metric-maker.js';
import { resolveMetricsOptions, type ScheduleMetricsOptions } from './metrics-options.js';
import { StatusReader } from './status-reader.js';

export const SCHEDULE_METRICS_OPTIONS = Symbol.for('nestjs-leader-schedule:metrics-options');

/** Listens to the scheduler as long as the application lives, and keeps its metrics in the registry. */
@Injectable()
export class ScheduleMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly maker: MetricMaker;
  private readonly unsubscribe: () => void;

  constructor(@Inject(SCHEDULE_METRICS_OPTIONS) options: ScheduleMetricsOptions, scheduler: SchedulerView) {
    const resolved = resolveMetricsOptions(options);
    const status = new StatusReader(scheduler);
    this.maker = new MetricMaker(resolved);
    const listeners = [
      new ElectionMetrics(this.maker, scheduler, status),
      new JobMetrics(this.maker, resolved, scheduler),
      new FreshnessMetrics(this.maker, status, scheduler),
    ];
    this.unsubscribe = scheduler.onEvent(event => {
      for (const listener of listeners) listener.onEvent(event);
    });
  }

  /** Late: an application that fails to start leaves nothing behind. */
  onApplicationBootstrap(): void {
    this.maker.register();
  }

  /** The last hook: jobs have ended, and the server takes no more scrapes. */
  onApplicationShutdown(): void {
    this.unsubscribe();
    this.maker.remove();
  }
}

import { Inject, Injectable, type OnApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Subscription } from 'rxjs';

import { LeaderService } from '../leader.service.js';
import { ScheduleService } from '../schedule.service.js';
import { ElectionMetrics } from './election-metrics.js';
import { FreshnessMetrics } from './freshness-metrics.js';
import { JobMetrics } from './job-metrics.js';
import { MetricMaker } from './metric-maker.js';
import { resolveMetricsOptions, type ScheduleMetricsOptions } from './metrics-options.js';
import { StatusReader } from './status-reader.js';

export const SCHEDULE_METRICS_OPTIONS = Symbol('SCHEDULE_METRICS_OPTIONS');

/** Listens to the scheduler as long as the application lives, and keeps its metrics in the registry. */
@Injectable()
export class ScheduleMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly maker: MetricMaker;
  private readonly subscription: Subscription;

  constructor(
    @Inject(SCHEDULE_METRICS_OPTIONS) options: ScheduleMetricsOptions,
    schedule: ScheduleService,
    leader: LeaderService,
  ) {
    const resolved = resolveMetricsOptions(options);
    const status = new StatusReader(schedule);
    this.maker = new MetricMaker(resolved);
    const listeners = [
      new ElectionMetrics(this.maker, leader, status),
      new JobMetrics(this.maker, resolved, schedule),
      new FreshnessMetrics(this.maker, status, schedule),
    ];
    this.subscription = schedule.events.subscribe(event => {
      for (const listener of listeners) listener.hear(event);
    });
  }

  /** Late: an application that fails to start leaves nothing behind. */
  onApplicationBootstrap(): void {
    this.maker.register();
  }

  /** The last hook: jobs have ended, and the server takes no more scrapes. */
  onApplicationShutdown(): void {
    this.subscription.unsubscribe();
    this.maker.remove();
  }
}

import { Module, type DynamicModule, type Provider } from '@nestjs/common';

import type { ScheduleMetricsAsyncOptions, ScheduleMetricsOptions } from './metrics-options.js';
import { SCHEDULE_METRICS_OPTIONS, ScheduleMetrics } from './schedule-metrics.js';

/**
 * Metrics of the scheduler for Prometheus, by prom-client. Import it once beside ScheduleModule, and expose the registry
 * as the application does. While Redis is away a scrape takes up to the command timeout (1 s, less with a short ttl) and
 * answers all the same.
 */
@Module({})
export class ScheduleMetricsModule {
  /**
   * Wrong options, and a registry that has metrics of these names already, are refused with `InvalidOptionsError` when
   * the application starts. The metrics leave the registry when it has closed.
   */
  static forRoot(options: ScheduleMetricsOptions = {}): DynamicModule {
    return moduleOf({ provide: SCHEDULE_METRICS_OPTIONS, useValue: options });
  }

  /** As `forRoot`, with options made by a factory. */
  static forRootAsync({ imports = [], inject = [], useFactory }: ScheduleMetricsAsyncOptions): DynamicModule {
    const provide = SCHEDULE_METRICS_OPTIONS;
    return { ...moduleOf({ provide, inject: [...inject], useFactory }), imports };
  }
}

function moduleOf(options: Provider): DynamicModule {
  return { module: ScheduleMetricsModule, providers: [options, ScheduleMetrics] };
}

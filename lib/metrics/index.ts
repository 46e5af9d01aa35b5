/* The imports of a user of prom-client. */

export { ScheduleMetricsModule } from './schedule-metrics.module.js';
export type { ScheduleMetricsAsyncOptions, ScheduleMetricsOptions } from './metrics-options.js';
export { METRICS } from './metric-table.js';
export type { MetricName, MetricSpec } from './metric-table.js';

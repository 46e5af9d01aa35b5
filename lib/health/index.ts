/* What a user of @nestjs/terminus imports. */

export { ScheduleHealthModule } from './schedule-health.module.js';
export { ScheduleHealthIndicator } from './schedule-health.indicator.js';
export type { ScheduleHealthOptions } from './schedule-health.indicator.js';

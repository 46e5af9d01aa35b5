/* The imports of a user of @nestjs/terminus. */

export { ScheduleHealthModule } from './schedule-health.module.js';
export { ScheduleHealthIndicator } from './schedule-health.indicator.js';
export type { ScheduleHealthOptions } from './schedule-health.indicator.js';

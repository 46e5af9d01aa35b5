import { Module } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';

import { ScheduleHealthIndicator } from './schedule-health.indicator.js';

/**
 * Brings `ScheduleHealthIndicator`: import it beside TerminusModule where the health controller is. ScheduleModule stands
 * in the root module, as always.
 */
@Module({
  providers: [HealthIndicatorService, ScheduleHealthIndicator],
  exports: [ScheduleHealthIndicator],
})
export class ScheduleHealthModule {}

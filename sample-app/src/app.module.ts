import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { TerminusModule } from '@nestjs/terminus';
import { ScheduleModule } from 'nestjs-leader-schedule';
import { ScheduleHealthModule } from 'nestjs-leader-schedule/health';
import { ScheduleMetricsModule } from 'nestjs-leader-schedule/metrics';

import { loadConfig } from './config.js';
import { HealthController } from './health.controller.js';
import { Jobs } from './jobs.js';
import { Ledger } from './ledger.js';
import { StatusController } from './status.controller.js';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, load: [loadConfig] }),
    ScheduleModule.forRoot(),
    ScheduleMetricsModule.forRoot(),
    TerminusModule,
    ScheduleHealthModule,
  ],
  controllers: [StatusController, HealthController],
  providers: [Ledger, Jobs],
})
export class AppModule {}

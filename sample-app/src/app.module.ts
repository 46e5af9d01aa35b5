import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ScheduleModule } from 'nestjs-leader-schedule';

import { loadConfig } from './config.js';
import { Jobs } from './jobs.js';
import { Ledger } from './ledger.js';
import { StatusController } from './status.controller.js';

@Module({
  imports: [ConfigModule.forRoot({ isGlobal: true, load: [loadConfig] }), ScheduleModule.forRoot()],
  controllers: [StatusController],
  providers: [Ledger, Jobs],
})
export class AppModule {}

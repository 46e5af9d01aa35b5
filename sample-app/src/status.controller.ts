import { Controller, Get, Query } from '@nestjs/common';
import {
  LeaderService,
  ScheduleService,
  SchedulerRegistry,
  StoreUnavailableError,
} from 'nestjs-leader-schedule';

import { Ledger } from './ledger.js';

@Controller()
export class StatusController {
  constructor(
    private readonly leader: LeaderService,
    private readonly registry: SchedulerRegistry,
    private readonly schedule: ScheduleService,
    private readonly ledger: Ledger,
  ) {}

  @Get('leader')
  async who() {
    const { podId, term } = this.leader;
    const leader = await this.leader.current().catch((error: unknown) => {
      if (error instanceof StoreUnavailableError) return { unavailable: error.message };
      throw error;
    });
    return { podId, isLeader: this.leader.isLeader(), term: term ?? null, leader: leader ?? null };
  }

  @Get('jobs')
  jobs() {
    const jobs = [...this.registry.getCronJobs()].map(([name, job]) => ({
      name,
      schedule: String(job.cronTime.source),
      active: job.isActive,
      next: job.nextDate().toISO(),
    }));
    return { jobs, ranHere: this.ledger.latest() };
  }

  /** The outcomes of past ticks on all pods. */
  @Get('history')
  history(@Query('job') job?: string) {
    return this.schedule.history(job, { limit: 20 });
  }
}

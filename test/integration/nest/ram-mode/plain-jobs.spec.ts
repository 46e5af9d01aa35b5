import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { ScheduleModule as NestScheduleModule } from '@nestjs/schedule';

import {
  Cron,
  type JobContext,
  LeaderCron,
  ScheduleModule,
  SchedulerRegistry,
} from '../../../../lib/index.js';
import { SECOND } from '../../../support/durations.js';
import { eventually } from '../../../support/eventually.js';
import { RAM, useApps } from '../support/use-apps.js';

const EVERY_SECOND = '* * * * * *';
const boot = useApps();

describe('a plain @Cron job', () => {
  it.each([
    ['this module alone', () => [ScheduleModule.forRoot(RAM)]],
    [
      "@nestjs/schedule's module before it",
      () => [NestScheduleModule.forRoot(), ScheduleModule.forRoot(RAM)],
    ],
    ["@nestjs/schedule's module after it", () => [ScheduleModule.forRoot(RAM), NestScheduleModule.forRoot()]],
  ])('runs exactly once a tick with %s, in the one registry', async (_, imports) => {
    const ticks: number[] = [];
    const leaderTicks: number[] = [];
    @Injectable()
    class Jobs {
      @Cron(EVERY_SECOND, { name: 'plain' })
      plain() {
        // It does not receive its tick, and may be late by most of a second.
        ticks.push(Math.floor((Date.now() + 50) / SECOND));
      }
      @LeaderCron(EVERY_SECOND, { name: 'leader' })
      run({ tick }: JobContext) {
        leaderTicks.push(tick.getTime());
      }
    }
    @Module({ providers: [Jobs] })
    class Feature {}
    const app = await boot({ imports: [...imports(), Feature] });
    await eventually(() => ticks.length >= 3 && leaderTicks.length >= 2);
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(new Set(leaderTicks).size).toBe(leaderTicks.length);
    for (const registry of app.get(SchedulerRegistry, { strict: false, each: true })) {
      expect([...registry.getCronJobs().keys()].sort()).toEqual(['leader', 'plain']);
    }
  });
});

import { Injectable, Module } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Cron, ScheduleModule as NestScheduleModule } from '@nestjs/schedule';

import { ScheduleService } from '../../../../lib/index.js';
import { eventually } from '../../../support/eventually.js';
import { useApps } from '../support/use-apps.js';
import { ADOPTED, adopting, plainJobs, registered, run } from './plain-jobs.js';

const boot = useApps();

const schedule = (module = NestScheduleModule.forRoot()) => module;

@Module({ imports: [schedule()] })
class LibraryModule {}

const nested = () => {
  @Module({ imports: [LibraryModule] })
  class FeatureModule {}
  return FeatureModule;
};

describe('jobs.adopt: true, wherever the module of @nestjs/schedule is', () => {
  it.each([
    ['this module alone', () => [adopting()]],
    ["@nestjs/schedule's module before it", () => [schedule(), adopting()]],
    ["@nestjs/schedule's module after it", () => [adopting(), schedule()]],
    ["@nestjs/schedule's module in a library of a feature module", () => [nested(), adopting()]],
    ['the same after it', () => [adopting(), nested()]],
    [
      "@nestjs/schedule's module by forRootAsync",
      () => [adopting(), NestScheduleModule.forRootAsync({ useFactory: () => ({}) })],
    ],
    [
      "@nestjs/schedule's module switched off",
      () => [adopting(), NestScheduleModule.forRoot({ cronJobs: false })],
    ],
  ])('makes leader jobs of @Cron and @Interval with %s', async (_, imports) => {
    const { Jobs, calls } = plainJobs();
    const app = await boot({ imports: imports(), providers: [Jobs] });
    expect([...app.get(ScheduleService).jobNames].sort()).toEqual(ADOPTED);
    expect(registered(app)).toEqual({
      crons: ADOPTED,
      intervals: ['Jobs.every', 'poll'],
      timeouts: ['warm'],
      plain: ['warm'],
    });
    for (const name of ADOPTED) await run(app, name);
    expect(calls).toEqual([
      ['every', []],
      ['unnamed', []],
      ['poll', []],
      ['report', []],
    ]);
  });

  it('ticks once a tick', async () => {
    const runs: number[] = [];
    @Injectable()
    class Jobs {
      @Cron('* * * * * *', { name: 'ticking' })
      run() {
        runs.push(Date.now());
      }
    }
    const app = await boot({ imports: [schedule(), adopting()], providers: [Jobs] });
    await eventually(() => runs.length >= 3);
    const history = await app.get(ScheduleService).history('ticking');
    const ticks = history.map(({ tick }) => tick.getTime());
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(Math.abs(runs.length - ticks.length)).toBeLessThanOrEqual(1);
  });
});

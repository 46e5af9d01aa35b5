import { afterEach } from '@jest/globals';
import { Injectable, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import 'reflect-metadata';

import {
  type JobContext,
  LeaderCron,
  type LeaderCronOptions,
  ScheduleModule,
  type ScheduleModuleOptions,
} from '../../../../lib/index.js';
import { ScheduleTesting, type ScheduleTestingOptions } from '../../../../lib/testing/index.js';
import { RecordingLogger } from '../../../support/nest-app.js';

export const HOURLY = '0 * * * *';
export const NOW = '2030-01-01T00:00:00Z';
const PATIENCE = '50ms';

/** Where a handler does what the test says. */
type Handler = (context: JobContext) => unknown;

export interface World {
  readonly schedule: ScheduleTesting;
  readonly app: TestingModule;
}

interface WorldOptions {
  readonly cron?: string;
  readonly testing?: ScheduleTestingOptions;
  readonly module?: ScheduleModuleOptions;
}

export function jobs(handler: Handler, cron = HOURLY, options: LeaderCronOptions = {}): Type {
  @Injectable()
  class Jobs {
    @LeaderCron(cron, { name: 'job', timeZone: 'UTC', ...options })
    run(context: JobContext): unknown {
      return handler(context);
    }
  }
  return Jobs;
}

/** Test worlds of one spec file, whose applications are closed after each test. Call it at module level. */
export function useWorlds() {
  const apps: TestingModule[] = [];
  afterEach(async () => {
    await Promise.all(apps.splice(0).map(app => app.close()));
  });

  const boot = async (schedule: ScheduleTesting, Jobs: Type, options: ScheduleModuleOptions = {}) => {
    const imports = [ScheduleModule.forRoot(options)];
    const builder = Test.createTestingModule({ imports, providers: [Jobs] });
    const app = await schedule.attach(builder).setLogger(new RecordingLogger()).compile();
    await app.init();
    apps.push(app);
    return app;
  };
  /** A test world with one job in it. */
  const world = async (handler: Handler, options: LeaderCronOptions & WorldOptions = {}): Promise<World> => {
    const { cron, testing, module, ...job } = options;
    const schedule = new ScheduleTesting({ now: NOW, patience: PATIENCE, ...testing });
    return { schedule, app: await boot(schedule, jobs(handler, cron, job), module) };
  };
  return { boot, world };
}

export const hours = (schedule: ScheduleTesting) =>
  schedule.runsOf('job').map(({ tick, outcome }) => `${tick.toISOString().slice(11, 16)} ${outcome}`);

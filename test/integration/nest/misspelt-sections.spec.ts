import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';

import {
  LeaderCron,
  ScheduleModule,
  ScheduleService,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { bootApp, RecordingLogger, type BootedApp } from '../../support/nest-app.js';

const apps: BootedApp[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});
@Injectable()
class Jobs {
  @LeaderCron('@daily', { name: 'invoices' })
  run() {}
}
@Injectable()
class DefaultJob {
  @LeaderCron('@daily', { name: 'default' })
  run() {}
}
/** Boots an application in RAM mode whose configuration is this tree, as of a YAML file. */
const boot = async (
  tree: Record<string, unknown>,
  code: ScheduleModuleOptions = { mode: 'ram' },
  providers: (typeof Jobs | typeof DefaultJob)[] = [Jobs],
) => {
  const config = ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => tree] });
  const logger = new RecordingLogger();
  const app = await bootApp({ imports: [config, ScheduleModule.forRoot(code)], providers }, logger);
  apps.push(app);
  return app;
};

describe('what is misspelt in a configuration', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['core.appname', { core: { appname: 'shop' } }, 'core.appName'],
    ['core.app-name', { core: { 'app-name': 'shop' } }, 'core.appName'],
    ['core.app_name', { core: { app_name: 'shop' } }, 'core.appName'],
    ['core.appNmae', { core: { appNmae: 'shop', port: 3000 } }, 'core.appName'],
    ['core.appversion', { core: { appName: 'shop', appversion: 2 } }, 'core.appVersion'],
    ['schedule.leadr', { schedule: { leadr: { ttl: '10s' } } }, 'schedule.leader'],
    ['schedule.leader.intervall', { schedule: { leader: { intervall: '3s' } } }, 'schedule.leader.interval'],
    ['schedule.job', { schedule: { job: { defaults: { timeout: '1m' } } } }, 'schedule.jobs'],
    [
      'schedule.jobs.defaults.timeOut',
      { schedule: { jobs: { defaults: { timeOut: '1m' } } } },
      'schedule.jobs.defaults.timeout',
    ],
    [
      'schedule.jobs.default',
      { schedule: { jobs: { default: { timeout: '1m' } } } },
      'schedule.jobs.defaults',
    ],
    [
      'schedule.jobs.Defaults',
      { schedule: { jobs: { Defaults: { timeout: '1m' } } } },
      'schedule.jobs.defaults',
    ],
    ['schedule.appName', { schedule: { appName: 'shop' } }, 'core.appName'],
    ['schedule.appname', { schedule: { appname: 'shop' } }, 'core.appName'],
    ['scheduler', { scheduler: { leader: { ttl: '10s' } } }, 'schedule.leader'],
    ['scheduler', { scheduler: { jobs: {}, redis: 'redis://:hunter2@h' } }, 'schedule.redis'],
  ])('is refused at the start: %s', async (name, tree, meant) => {
    const error: unknown = await boot(tree).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining(`'${meant}'`) });
    expect(String(error)).toContain(name);
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('what is misspelt in code or in the environment', () => {
  it.each<[string, ScheduleModuleOptions, string]>([
    ['jobs.default', { mode: 'ram', jobs: { default: { timeout: 1000 } } }, 'jobs.defaults'],
    ['leader.Interval', { mode: 'ram', leader: { Interval: '3s' } as object }, 'leader.interval'],
    ['appname', { mode: 'ram', appname: 'shop' } as ScheduleModuleOptions, 'appName'],
  ])('is refused in code as well: %s', async (name, code, meant) => {
    const error: unknown = await boot({}, code).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining(`'${meant}'`) });
    expect(String(error)).toContain(name);
  });

  it.each<[string, Record<string, unknown>]>([
    ['other sections', { schedules: { leader: { ttl: 'x' } }, leader: { ttl: 'x' }, redis: 'no URL' }],
    ['a scheduler beside a schedule', { schedule: {}, scheduler: { leader: { ttl: 'x' }, jobs: [] } }],
    ['a scheduler with keys of its own', { scheduler: { threads: 4, timezone: 'UTC' } }],
    ['a scheduler that is no object', { scheduler: 'quartz' }],
    ['other keys of core', { core: { apiVersion: 2, name: 'x', appId: 7, appNames: ['a'], appPort: 3000 } }],
    ['a key beside the one that is meant', { core: { appName: 'shop', appname: 'other' } }],
  ])('is nothing of the application itself: %s', async (_, tree) => {
    const app = await boot(tree);
    expect(app.lines.filter(line => /did you mean/.test(line))).toEqual([]);
    expect(app.get(ScheduleService).jobNames).toEqual(['invoices']);
  });

  it('is nothing that code reads and passes on', async () => {
    const code: ScheduleModuleOptions = { mode: 'ram', appName: 'shop', leader: { ttl: '20s' } };
    const app = await boot({ core: { 'app-name': 'shop' }, scheduler: { mode: 'x', leader: {} } }, code);
    expect(app.get(ScheduleService).jobNames).toEqual(['invoices']);
  });

  it('is no job that is called nearly as the defaults are, where there is one', async () => {
    const app = await boot({ schedule: { jobs: { default: { disabled: true } } } }, undefined, [DefaultJob]);
    expect(app.get(ScheduleService).jobNames).toEqual(['default']);
  });
});

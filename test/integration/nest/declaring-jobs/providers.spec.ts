import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type OnModuleInit, Scope } from '@nestjs/common';

import {
  LeaderCron,
  LeaderInterval,
  LeaderTimeout,
  ScheduleModule,
  type ScheduleModuleOptions,
  ScheduleService,
} from '../../../../lib/index.js';
import { RAM, useApps } from '../support/use-apps.js';
import { configured, cronJob } from './configured.js';

const boot = useApps();
const LIMITS = Symbol('limits');

@Injectable()
class ApiConfigService implements OnModuleInit {
  private cron = 'not initialized';

  async onModuleInit() {
    await Promise.resolve();
    this.cron = '0 7 * * *';
  }

  reportCron() {
    return this.cron;
  }
}

/** No other module imports it. */
@Module({ providers: [ApiConfigService, { provide: LIMITS, useFactory: async () => ({ everyMs: 45_000 }) }] })
class SettingsModule {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  readonly cron = '@daily';
}

class Absent {
  readonly cron = '@daily';
}

const bootJobs = (jobs: new () => object, options: ScheduleModuleOptions = RAM) =>
  boot({ imports: [SettingsModule, ScheduleModule.forRoot(options)], providers: [jobs, PerRequest] });

describe('settings from providers', () => {
  it('are read from any module, once its providers are initialized', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(({ get }) => get(ApiConfigService).reportCron(), { name: 'report', disabled: () => true })
      report() {}

      @LeaderInterval(({ get }) => get<{ everyMs: number }>(LIMITS).everyMs, { name: 'poll' })
      poll() {}

      @LeaderTimeout(({ get }) => get<{ everyMs: number }>(LIMITS).everyMs, { name: 'warm-up' })
      warmUp() {}
    }
    const app = await bootJobs(Jobs);
    expect(['report', 'poll', 'warm-up'].map(name => cronJob(app, name).cronTime.source)).toEqual([
      '0 7 * * *',
      '@every 45s',
      '@timeout 45s',
    ]);
    expect(cronJob(app, 'report').isActive).toBe(false);
  });

  it('may be those of a job that is created at run time, before the start and after it', async () => {
    @Injectable()
    class Creates {
      constructor(readonly schedule: ScheduleService) {
        this.create('before');
      }

      create(name: string) {
        this.schedule.create(name, '@daily', () => undefined, {
          timeZone: ({ get }) => get(ApiConfigService).reportCron() && 'Asia/Tokyo',
        });
      }
    }
    const app = await boot({
      imports: [SettingsModule, ScheduleModule.forRoot(RAM)],
      providers: [Creates],
    });
    app.get(Creates).create('after');
    expect(['before', 'after'].map(name => cronJob(app, name).cronTime.timeZone)).toEqual([
      'Asia/Tokyo',
      'Asia/Tokyo',
    ]);
  });
});

describe('settings', () => {
  it.each<[string, ReturnType<typeof LeaderCron>, RegExp]>([
    [
      'is not there',
      LeaderCron(({ get }) => get(Absent).cron),
      /@LeaderCron on Jobs\.run: a setting is read from Absent, and there is no such provider: .*could not find Absent/,
    ],
    [
      'is request-scoped',
      LeaderCron('@daily', { timeout: ({ get }) => get(PerRequest).cron }),
      /@LeaderCron on Jobs\.run: a setting is read from PerRequest.*scoped provider.*scope REQUEST or TRANSIENT/,
    ],
    [
      'throws',
      LeaderInterval(({ get }) => get<{ days: { ms: number } }>(LIMITS).days.ms),
      /@LeaderInterval on Jobs\.run: the function that gives its schedule threw: .*undefined/,
    ],
    [
      'is asynchronous',
      LeaderCron((async () => '@daily') as never),
      /@LeaderCron on Jobs\.run: the function that gives its schedule is asynchronous/,
    ],
  ])('end the start, with the method named, when the source %s', async (_, decorator, message) => {
    class Jobs {
      run() {}
    }
    decorator(Jobs.prototype, 'run', Object.getOwnPropertyDescriptor(Jobs.prototype, 'run') ?? {});
    Injectable()(Jobs);
    await expect(bootJobs(Jobs)).rejects.toThrow(message);
  });
});

describe('defaults of jobs', () => {
  @Injectable()
  class Jobs {
    @LeaderCron('0 6 * * *', { name: 'default' })
    one() {}

    @LeaderCron('0 6 * * *', { name: 'own', timeZone: 'UTC', disabled: false })
    two() {}
  }
  const ZONE = 'SCHEDULE_JOBS_DEFAULTS_TIME_ZONE';
  afterEach(() => void delete process.env[ZONE]);

  it('have a zone, and whether jobs are disabled, from the configuration and the environment', async () => {
    process.env[ZONE] = 'Asia/Tokyo';
    const jobs = { defaults: { disabled: true, timeZone: 'Europe/Berlin' } };
    const app = await boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot(RAM)],
      providers: [Jobs],
    });
    const found = ['default', 'own'].map(name => cronJob(app, name));
    expect(found.map(({ cronTime, isActive }) => [cronTime.timeZone, isActive])).toEqual([
      ['Asia/Tokyo', false],
      ['UTC', true],
    ]);
    cronJob(app, 'default').start();
    expect(cronJob(app, 'default').isActive).toBe(true);
  });

  it('are refused where there is no such zone', () =>
    expect(bootJobs(Jobs, { ...RAM, jobs: { defaults: { timeZone: 'Europe/Berlim' } } })).rejects.toThrow(
      /jobs\.defaults\.timeZone \(ScheduleModule options\): received 'Europe\/Berlim'\. Give an IANA time zone/,
    ));
});

import { Injectable, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import {
  LeaderCron,
  LeaderInterval,
  LeaderService,
  LeaderTimeout,
  ScheduleModule,
  ScheduleService,
  SchedulerRegistry,
  type JobContext,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

const RAM: ScheduleModuleOptions = { mode: 'ram' };
const apps: BootedApp[] = [];

const boot = async (...args: Parameters<typeof bootApp>) => {
  const app = await bootApp(...args);
  apps.push(app);
  return app;
};

/** What an application configures, as by a YAML file that it loads. */
const configured = (tree: Record<string, unknown>) =>
  ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => tree] });

const cronJob = (app: BootedApp, name: string) => app.get(SchedulerRegistry).getCronJob(name);

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('@LeaderInterval', () => {
  it('runs a method at multiples of its duration since the epoch, below a second too', async () => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      @LeaderInterval('250ms')
      poll({ tick }: JobContext) {
        ticks.push(tick.getTime());
      }
    }
    await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => ticks.length >= 4);
    const first = ticks[0] ?? NaN;
    expect(first % 250).toBe(0);
    expect(ticks.slice(0, 4)).toEqual([0, 1, 2, 3].map(n => first + 250 * n));
  });

  it('stands in the SchedulerRegistry, where it is listed, stopped and started', async () => {
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderInterval(100, { name: 'often' })
      poll() {
        runs += 1;
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const job = cronJob(app, 'often');
    expect(job.cronTime.source).toBe('@every 100ms');
    expect(job.nextDate().toMillis() % 100).toBe(0);
    await eventually(() => runs > 0);
    await job.stop();
    const [before, stoppedAt] = [runs, Date.now()];
    await eventually(() => Date.now() > stoppedAt + 400, { what: 'ticks go by while the job is stopped' });
    expect(runs).toBe(before);
    job.start();
    await eventually(() => runs > before);
  });
});

describe('@LeaderTimeout', () => {
  it('runs a method once, so long after the process began to lead', async () => {
    const contexts: JobContext[] = [];
    @Injectable()
    class Jobs {
      @LeaderTimeout('300ms')
      warmUp(context: JobContext) {
        contexts.push(context);
      }
      @LeaderTimeout(0)
      atOnce(context: JobContext) {
        contexts.push(context);
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => contexts.length === 2);
    const since = Number(app.get(LeaderService).term?.since);
    const told = contexts.map(({ job, tick, catchUp }) => [job, tick.getTime() - since, catchUp]);
    expect(told).toEqual([
      ['Jobs.atOnce', 0, false],
      ['Jobs.warmUp', 300, false],
    ]);
    const seenAt = Date.now();
    await eventually(() => Date.now() > seenAt + 700, { what: 'another tick has had its time' });
    expect(contexts).toHaveLength(2);
    expect(cronJob(app, 'Jobs.warmUp').nextDates(1)).toEqual([]);
    const [run] = await app.get(ScheduleService).history('Jobs.warmUp');
    expect(run).toMatchObject({ outcome: 'succeeded', schedule: '@timeout 300ms' });
  });

  it('runs again in the next term', async () => {
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderTimeout(0)
      atOnce() {
        runs += 1;
      }
    }
    const leader = { ttl: '500ms', interval: '100ms' };
    const app = await boot({ imports: [ScheduleModule.forRoot({ ...RAM, leader })], providers: [Jobs] });
    await eventually(() => runs === 1);
    await app.get(LeaderService).resign();
    await eventually(() => runs === 2);
  });
});

describeWithRedis('jobs of two pods', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.dispose());

  it('tick once a term, and at intervals over a change of leader', async () => {
    const ran: { pod: string; job: string; tick: number }[] = [];
    @Injectable()
    class Jobs {
      constructor(private readonly leader: LeaderService) {}
      @LeaderTimeout(0, { name: 'atOnce' })
      @LeaderTimeout('200ms', { name: 'soon' })
      @LeaderInterval('500ms', { name: 'often' })
      run({ job, tick }: JobContext) {
        ran.push({ pod: this.leader.podId, job, tick: tick.getTime() });
      }
    }
    const options: ScheduleModuleOptions = { redis: server.url, leader: { interval: '500ms', ttl: '3s' } };
    const pod = () => boot({ imports: [ScheduleModule.forRoot({ ...options })], providers: [Jobs] });
    const of = (job: string) => ran.filter(run => run.job === job);

    const first = await pod();
    await eventually(() => of('often').length >= 3 && of('soon').length === 1);
    const second = await pod();
    await first.close();
    await eventually(() => of('soon').length === 2 && of('often').length >= 6);

    const pods = [first, second].map(app => app.get(LeaderService).podId);
    expect(of('atOnce').map(({ pod: name }) => name)).toEqual(pods);
    expect(of('soon').map(({ pod: name }) => name)).toEqual(pods);
    expect(of('soon')[1]?.tick).toBe(Number(second.get(LeaderService).term?.since) + 200);
    const ticks = of('often').map(({ tick }) => tick);
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks.every(tick => tick % 500 === 0)).toBe(true);
  });
});

describe('a schedule', () => {
  it('comes from the configuration when it is a function', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(({ config }) => config.get('reports.cron'), { name: 'reports' })
      report() {}
      @LeaderCron(({ config }) => (config.get<boolean>('reports.clean') === true ? '@daily' : '-'), {
        name: 'clean',
      })
      clean() {}
    }
    const app = await boot({
      imports: [configured({ reports: { cron: '@every 45s' } }), ScheduleModule.forRoot(RAM)],
      providers: [Jobs],
    });
    expect(cronJob(app, 'reports').cronTime.source).toBe('@every 45s');
    expect(cronJob(app, 'clean').cronTime.source).toBe('-');
  });

  it("that is '-' leaves the job known and off, to be run by hand", async () => {
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderCron('-', { name: 'off' })
      run() {
        runs += 1;
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    expect(cronJob(app, 'off').isActive).toBe(false);
    expect(app.lines.filter(line => line.includes('off'))).toEqual([]);
    await cronJob(app, 'off').fireOnTick();
    await eventually(() => runs === 1);
    const history = await eventually(async () => {
      const found = await app.get(ScheduleService).history('off');
      return found.length > 0 && found;
    });
    expect(history).toMatchObject([{ manual: true }]);
  });
});

describe('settings by the name of a job', () => {
  @Injectable()
  class Jobs {
    readonly ticks: JobContext[] = [];
    @LeaderCron('0 0 1 1 *', { name: 'invoices' })
    invoices(context: JobContext) {
      this.ticks.push(context);
    }
    @LeaderCron('* * * * * *')
    daily() {}
  }

  it('from the configuration replace the schedule, and switch jobs off', async () => {
    const jobs = { invoices: { cron: '@every 200ms' }, 'Jobs.daily': { cron: '-' } };
    const app = await boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot(RAM)],
      providers: [Jobs],
    });
    await eventually(() => app.get(Jobs).ticks.length >= 2);
    expect(cronJob(app, 'Jobs.daily').isActive).toBe(false);
    expect(app.lines.some(line => line.includes('There is no job'))).toBe(false);
  });

  it('from code are stronger than those from the configuration', async () => {
    const app = await boot({
      imports: [
        configured({
          schedule: { jobs: { invoices: { cron: '@daily' }, Jobs: { daily: { cron: '@weekly' } } } },
        }),
        ScheduleModule.forRoot({ ...RAM, jobs: { invoices: { cron: '@hourly' } } }),
      ],
      providers: [Jobs],
    });
    expect(['invoices', 'Jobs.daily'].map(name => cronJob(app, name).cronTime.source)).toEqual([
      '@hourly',
      '@weekly',
    ]);
  });

  it('of a job that is not there are reported once the application has started', async () => {
    const jobs = { invoises: { timeout: '5s' }, Unheard: { of: { timeout: '5s' } } };
    const app = await boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot(RAM)],
      providers: [Jobs],
    });
    expect(app.lines.filter(line => line.startsWith('warn There is no job'))).toEqual([
      "warn There is no job 'invoises', of which schedule.jobs.invoises speaks; did you mean 'invoices'?",
      "warn There is no job 'Unheard.of', of which schedule.jobs.Unheard.of speaks",
    ]);
  });
});

describe('at boot', () => {
  const withJobs = (
    decorator: ReturnType<typeof LeaderCron>,
    options = RAM,
    config?: Record<string, unknown>,
  ) => {
    class Jobs {
      run() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Jobs.prototype, 'run') ?? {};
    decorator(Jobs.prototype, 'run', descriptor);
    Injectable()(Jobs);
    const imports = [ScheduleModule.forRoot(options), ...(config === undefined ? [] : [configured(config)])];
    return { imports, providers: [Jobs] };
  };
  @Injectable()
  class Twins {
    @LeaderCron('@daily', { name: 'twin' })
    one() {}
    @LeaderInterval('5s', { name: 'twin' })
    two() {}
  }
  @Module({ providers: [Twins] })
  class TwinModule {}
  const broken = LeaderCron(() => {
    throw new Error('no such key');
  });

  it.each<[string, () => Parameters<typeof bootApp>[0], string, RegExp]>([
    [
      'an interval of 0',
      () => withJobs(LeaderInterval(0)),
      'INVALID_CRON',
      /@LeaderInterval on Jobs\.run.*10 ms/,
    ],
    [
      'a timeout that is none',
      () => withJobs(LeaderTimeout('soon')),
      'INVALID_CRON',
      /@LeaderTimeout.*'soon'/,
    ],
    [
      'a cron that never fires',
      () => withJobs(LeaderCron('0 0 30 2 *')),
      'INVALID_CRON',
      /Jobs\.run.*no month/,
    ],
    [
      'an unknown descriptor',
      () => withJobs(LeaderCron('@fortnightly')),
      'INVALID_CRON',
      /@fortnightly.*@weekly/,
    ],
    ['a function that throws', () => withJobs(broken), 'INVALID_CRON', /Jobs\.run.*no such key/],
    [
      'a function that finds nothing in the configuration',
      () =>
        withJobs(
          LeaderCron(({ config }) => config.get('reports.cron')),
          RAM,
          {},
        ),
      'INVALID_CRON',
      /Jobs\.run.*returned nothing/,
    ],
    [
      'a function that needs a configuration where there is none',
      () => withJobs(LeaderCron(({ config }) => config.get('reports.cron'))),
      'INVALID_OPTIONS',
      /Jobs\.run.*no ConfigService.*ConfigModule\.forRoot/,
    ],
    [
      'an unknown option in schedule.jobs',
      () => withJobs(LeaderCron('@daily'), RAM, { schedule: { jobs: { 'Jobs.run': { timeOut: '5s' } } } }),
      'INVALID_OPTIONS',
      /schedule\.jobs\.Jobs\.run\.timeOut .*did you mean 'schedule\.jobs\.Jobs\.run\.timeout'/,
    ],
    [
      'a duration without its unit in schedule.jobs',
      () => withJobs(LeaderCron('@daily'), RAM, { schedule: { jobs: { invoices: { timeout: 5 } } } }),
      'INVALID_OPTIONS',
      /schedule\.jobs\.invoices\.timeout \(ConfigService\): received 5/,
    ],
    [
      'one name for jobs of different decorators',
      () => ({ imports: [ScheduleModule.forRoot(RAM), TwinModule] }),
      'DUPLICATE_JOB',
      /Twins\.one.*Twins\.two.*'twin'/,
    ],
  ])('%s is refused', async (_, metadata, code, message) => {
    const error: unknown = await boot(metadata()).then(
      () => new Error('it booted'),
      (refusal: unknown) => refusal,
    );
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(message);
  });

  it.each([LeaderInterval('5s'), LeaderTimeout('5s')])(
    'a static method is refused where it stands',
    decorator => {
      class Jobs {
        static run() {}
      }
      const descriptor = Object.getOwnPropertyDescriptor(Jobs, 'run') ?? {};
      expect(() => decorator(Jobs, 'run', descriptor)).toThrow(/@Leader(Interval|Timeout) stands on/);
    },
  );
});

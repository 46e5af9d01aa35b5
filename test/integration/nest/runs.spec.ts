import { Inject, Injectable, Scope, type LoggerService, type OnModuleInit } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { REQUEST } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';

import {
  LeaderCron,
  LeaderService,
  PermanentError,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
  type JobContext,
  type JobRun,
  type RunQuery,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, RecordingLogger, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

const EVERY_SECOND = '* * * * * *';
/** Not while these tests run: such a job is fired by hand. */
const NEVER = '0 0 0 29 2 *';

/** Keeps the names under which lines are logged, too. */
class NamedLogger extends RecordingLogger implements LoggerService {
  readonly named: [string, string][] = [];
  override log = (message: unknown, name?: unknown): void => {
    this.named.push([String(name), String(message)]);
  };
}

const modes = [
  ['ram', describe],
  ['redis', describeWithRedis],
] as const;

for (const [mode, describeMode] of modes) {
  describeMode(`jobs in ${mode} mode`, () => {
    let server: RedisServer | undefined;
    let applications = 0;
    const apps: BootedApp[] = [];

    beforeAll(async () => {
      if (mode === 'redis') server = await RedisServer.start();
    });
    afterEach(async () => {
      await Promise.all(apps.splice(0).map(app => app.close()));
    });
    afterAll(() => server?.dispose());

    /** Each application has a lease, and a past, of its own. */
    const options = (more: ScheduleModuleOptions = {}): ScheduleModuleOptions => {
      applications += 1;
      const where = server === undefined ? {} : { redis: server.url };
      return { mode, appName: `runs-${applications}`, appVersion: '1.2.3', ...where, ...more };
    };
    const boot = async (
      providers: NonNullable<Parameters<typeof bootApp>[0]['providers']>,
      more: ScheduleModuleOptions = {},
      imports: NonNullable<Parameters<typeof bootApp>[0]['imports']> = [],
      logger = new RecordingLogger(),
    ) => {
      const app = await bootApp(
        { imports: [...imports, ScheduleModule.forRoot(options(more))], providers },
        logger,
      );
      apps.push(app);
      await app.get(LeaderService).waitForLeadership();
      const service = app.get(ScheduleService);
      const fire = (job: string) => app.get(SchedulerRegistry).getCronJob(job).fireOnTick();
      /** Fires a job by hand, and waits until so many of its runs have ended. */
      const run = async (job: string, ended: number) => {
        await fire(job);
        return eventually(async () => {
          const past = await service.history(job);
          return past.length >= ended && past;
        });
      };
      return { app, service, fire, run };
    };

    it('make up a date that nobody led on', async () => {
      const contexts: JobContext[] = [];
      const date = new Date(Date.now() + 4000);
      @Injectable()
      class Jobs {
        @LeaderCron(date, { name: 'once' })
        once(context: JobContext) {
          contexts.push(context);
        }

        @LeaderCron(NEVER, { name: 'other' })
        other() {}
      }
      const { app, service, run } = await boot([Jobs], { leader: { ttl: '4s', interval: '500ms' } });
      // By then it is known where the job stands.
      await run('other', 1);
      // It sits out a ttl, in which the date comes.
      await app.get(LeaderService).resign();
      expect(Date.now()).toBeLessThan(date.getTime());
      expect(await eventually(() => contexts[0], { within: 10_000 })).toMatchObject({
        tick: date,
        catchUp: true,
      });
      await eventually(async () => (await service.lastRun('once'))?.outcome === 'succeeded');
      expect(contexts).toHaveLength(1);
    });

    it('tell their handlers all about the run', async () => {
      const contexts: JobContext[] = [];
      @Injectable()
      class Jobs {
        @LeaderCron(EVERY_SECOND)
        collect(context: JobContext) {
          contexts.push(context);
        }
      }
      const { app } = await boot([Jobs]);
      const context = await eventually(() => contexts[0]);
      const { tick, startedAt, runId, signal } = context;
      expect(context).toMatchObject({
        job: 'Jobs.collect',
        attempt: 1,
        token: app.get(LeaderService).term?.token,
        catchUp: false,
        recovering: false,
        idempotencyKey: `Jobs.collect:${tick.toISOString()}`,
      });
      expect(context.scheduledAt).toEqual(tick);
      expect(tick.getMilliseconds()).toBe(0);
      expect(startedAt.getTime()).toBeGreaterThanOrEqual(tick.getTime() - 50);
      expect(runId).not.toBe('');
      expect(signal).toBeInstanceOf(AbortSignal);
      expect(signal.aborted).toBe(false);
    });

    it('log under their names', async () => {
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'billing' })
        run({ logger }: JobContext) {
          logger.log('hello');
        }
      }
      const logger = new NamedLogger();
      const { run } = await boot([Jobs], {}, [], logger);
      await run('billing', 1);
      expect(logger.named).toContainEqual(['billing', 'hello']);
    });

    it('hand the context to what a request-scoped provider injects as its request', async () => {
      const seen: [unknown, JobContext][] = [];
      @Injectable({ scope: Scope.REQUEST })
      class Jobs {
        constructor(@Inject(REQUEST) private readonly request: unknown) {}
        @LeaderCron(NEVER, { name: 'scoped' })
        run(context: JobContext) {
          seen.push([this.request, context]);
        }
      }
      const { run } = await boot([Jobs]);
      await run('scoped', 1);
      await run('scoped', 2);
      expect(seen).toHaveLength(2);
      for (const [request, context] of seen) expect(request).toBe(context);
      expect(seen[0]?.[1].runId).not.toBe(seen[1]?.[1].runId);
    });

    it('have a past, which says what became of each tick', async () => {
      let calls = 0;
      let release = (): void => undefined;
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'good' })
        good() {}
        @LeaderCron(NEVER, { name: 'bad' })
        bad() {
          throw new TypeError('no such printer');
        }
        @LeaderCron(NEVER, { name: 'third-time-lucky', retry: { attempts: 3, backoff: 1 } })
        lucky() {
          calls += 1;
          if (calls < 3) throw new Error('not yet');
        }
        @LeaderCron(NEVER, { name: 'permanent', retry: { attempts: 3, backoff: 1 } })
        permanent() {
          throw new PermanentError('no such customer');
        }
        @LeaderCron(NEVER, { name: 'late', timeout: '50ms' })
        late({ signal }: JobContext) {
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('late'))),
          );
        }
        @LeaderCron(NEVER, { name: 'slow' })
        slow() {
          return new Promise<void>(resolve => (release = resolve));
        }
      }
      const { app, service, fire, run } = await boot([Jobs]);
      const { podId, term } = app.get(LeaderService);
      for (const job of ['good', 'bad', 'third-time-lucky', 'permanent', 'late']) await run(job, 1);
      await fire('slow');
      await eventually(async () => (await service.running()).length === 1);
      const [running] = await service.running();
      await run('slow', 1);
      release();
      const slow = await eventually(async () => {
        const past = await service.history('slow');
        return past.length === 2 && past;
      });

      const brief = ({
        job,
        outcome,
        reason,
        manual,
        attempts,
        error,
        catchUp,
        recovering,
        missed,
      }: JobRun) => ({
        job,
        outcome,
        reason,
        manual,
        attempts,
        error: error && `${error.name}: ${error.message}`,
        flags: [catchUp, recovering, missed],
      });
      const plain = { reason: undefined, manual: true, error: undefined, flags: [false, false, undefined] };
      const past = await service.history();
      const byJob = (job: string) => past.filter(one => one.job === job).map(brief);
      expect(byJob('good')).toEqual([{ ...plain, job: 'good', outcome: 'succeeded', attempts: 1 }]);
      expect(byJob('bad')).toEqual([
        { ...plain, job: 'bad', outcome: 'failed', attempts: 1, error: 'TypeError: no such printer' },
      ]);
      expect(byJob('third-time-lucky')).toEqual([
        { ...plain, job: 'third-time-lucky', outcome: 'succeeded', attempts: 3 },
      ]);
      expect(byJob('permanent')).toEqual([
        {
          ...plain,
          job: 'permanent',
          outcome: 'failed',
          attempts: 1,
          error: 'PermanentError: no such customer',
        },
      ]);
      expect(byJob('late')).toMatchObject([{ outcome: 'timed-out', attempts: 1 }]);
      expect(slow.map(brief)).toEqual([
        { ...plain, job: 'slow', outcome: 'skipped', reason: 'running', attempts: 0 },
        { ...plain, job: 'slow', outcome: 'succeeded', attempts: 1 },
      ]);
      expect(running && brief(running)).toEqual({ ...plain, job: 'slow', outcome: 'running', attempts: 1 });
      expect(running?.runId).toBe(slow[1]?.runId);
      expect(running?.finishedAt).toBeUndefined();

      const [good] = await service.history('good');
      expect(good).toMatchObject({
        podId,
        token: term?.token,
        version: '1.2.3',
        schedule: NEVER,
      });
      expect(good?.app).toMatch(/^runs-\d+$/);
      expect(good?.startedAt?.getTime()).toBeLessThanOrEqual(good?.finishedAt?.getTime() ?? 0);
      expect(good?.durationMs).toBe(Number(good?.finishedAt) - Number(good?.startedAt));
      expect(await service.running()).toEqual([]);
      expect(await service.lastRun('bad')).toEqual((await service.history('bad'))[0]);
      expect(await service.lastSuccess('bad')).toBeUndefined();
      expect(await service.lastSuccess('good')).toEqual(good);
      expect((await service.lastRun('slow'))?.outcome).toBe('succeeded');
    });

    it('have the ticks of their schedule in it, each with the one that follows', async () => {
      @Injectable()
      class Jobs {
        @LeaderCron(EVERY_SECOND, { name: 'ticking', timeZone: 'UTC' })
        run() {}
      }
      const { service } = await boot([Jobs]);
      const [newest, second] = await eventually(async () => {
        const past = await service.history('ticking');
        return past.length >= 2 && past;
      });
      expect(newest).toMatchObject({ manual: false, catchUp: false, schedule: EVERY_SECOND });
      expect(newest?.nextTick?.getTime()).toBe(Number(newest?.tick) + 1000);
      expect(second?.nextTick).toEqual(newest?.tick);
    });

    it('are looked up by number, instant and outcome, the newest first', async () => {
      let runs = 0;
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'mixed' })
        mixed() {
          runs += 1;
          if (runs % 2 === 0) throw new Error(`run ${runs}`);
        }
        @LeaderCron(NEVER, { name: 'other' })
        other() {}
      }
      const { service, run } = await boot([Jobs]);
      for (const ended of [1, 2, 3, 4, 5]) {
        const [last] = await run('mixed', ended);
        // A run by hand is due when it is fired: no two in one millisecond, so that their order is certain.
        await eventually(() => Date.now() > Number(last?.tick) + 1, { every: 1 });
      }
      await run('other', 1);
      const all = await service.history('mixed');
      const outcomes = (past: readonly JobRun[]) => past.map(({ outcome }) => outcome);
      expect(outcomes(all)).toEqual(['succeeded', 'failed', 'succeeded', 'failed', 'succeeded']);
      expect(await service.history('mixed', { limit: 2 })).toEqual(all.slice(0, 2));
      const before = all[1]?.tick ?? new Date(0);
      expect(await service.history('mixed', { before })).toEqual(all.slice(2));
      expect(await service.history('mixed', { before, limit: 1 })).toEqual(all.slice(2, 3));
      expect(await service.history('mixed', { before: all[1], limit: 2 })).toEqual(all.slice(2, 4));
      expect(await service.history('mixed', { outcome: [] })).toEqual([]);
      expect(await service.history('mixed', { outcome: 'failed' })).toEqual([all[1], all[3]]);
      expect(await service.history('mixed', { outcome: ['failed', 'succeeded'], limit: 3 })).toEqual(
        all.slice(0, 3),
      );
      expect(await service.history('mixed', { outcome: 'abandoned' })).toEqual([]);
      const everything = await service.history();
      expect(everything.map(({ job }) => job).sort()).toEqual([
        'mixed',
        'mixed',
        'mixed',
        'mixed',
        'mixed',
        'other',
      ]);
      expect((await service.history(undefined, { limit: 1 })).map(({ job }) => job)).toEqual(['other']);
    });

    it('keep nothing with history: false, but for the last run', async () => {
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'forgotten', history: false })
        run() {}
        @LeaderCron(NEVER, { name: 'short', history: { keep: 2 } })
        short() {}
      }
      const { service, fire } = await boot([Jobs]);
      await fire('forgotten');
      const last = await eventually(() => service.lastRun('forgotten'));
      expect(last).toMatchObject({ job: 'forgotten', outcome: 'succeeded' });
      expect(await service.lastSuccess('forgotten')).toEqual(last);
      expect(await service.history('forgotten')).toEqual([]);
      for (let round = 0; round < 4; round += 1) {
        const before = await service.lastRun('short');
        await fire('short');
        await eventually(async () => {
          const after = await service.lastRun('short');
          return after !== undefined && after.runId !== before?.runId;
        });
      }
      expect(await service.history('short')).toHaveLength(2);
    });

    it('are refused by name, limit and instant when these make no sense', async () => {
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'known' })
        run() {}
      }
      const { service } = await boot([Jobs]);
      for (const asked of [
        service.history('unknown'),
        service.lastRun('unknown'),
        service.lastSuccess('unknown'),
      ])
        await expect(asked).rejects.toMatchObject({ code: 'UNKNOWN_JOB', received: 'unknown' });
      for (const limit of [0, -1, 1.5, 10_001, Number.NaN, Infinity])
        await expect(service.history('known', { limit })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
      const before = new Date(Number.NaN);
      const entry = { job: 'known', runId: '', manual: false };
      const lost = 'lost' as unknown as 'failed';
      const wrong: RunQuery[] = [
        { before },
        { before: { ...entry, tick: before } },
        // As a query string may have it.
        { before: { ...entry, tick: '2030-01-01' as unknown as Date } },
        { outcome: ['failed', lost] },
      ];
      for (const query of wrong)
        await expect(service.history('known', query)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    });

    it('cannot be asked about before the application has initialized', async () => {
      const answers: unknown[] = [];
      @Injectable()
      class Early implements OnModuleInit {
        constructor(private readonly service: ScheduleService) {}
        @LeaderCron(NEVER, { name: 'early' })
        run() {}
        async onModuleInit() {
          const asked = [this.service.history(), this.service.running(), this.service.lastRun('early')];
          for (const answer of await Promise.allSettled(asked))
            answers.push(answer.status === 'rejected' ? answer.reason : answer.value);
        }
      }
      await boot([Early]);
      expect(answers).toHaveLength(3);
      for (const answer of answers) expect(answer).toMatchObject({ code: 'NOT_STARTED' });
    });

    it('have defaults from YAML, where the decorator says nothing else', async () => {
      const yaml = load(`
        schedule:
          jobs:
            defaults:
              retry: { attempts: 2, backoff: 1ms }
              timeout: 100ms
              history: { keep: 1 }
      `) as object;
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'by-default' })
        one() {
          throw new Error('no');
        }
        @LeaderCron(NEVER, { name: 'of-its-own', retry: { attempts: 3 }, history: true })
        two() {
          throw new Error('no');
        }
        @LeaderCron(NEVER, { name: 'late', retry: { attempts: 1 } })
        late({ signal }: JobContext) {
          return new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('late'))),
          );
        }
      }
      const config = ConfigModule.forRoot({
        ignoreEnvFile: true,
        load: [() => yaml],
      });
      const { service, run } = await boot([Jobs], {}, [config]);
      await run('by-default', 1);
      await run('of-its-own', 1);
      await run('late', 1);
      expect((await service.lastRun('by-default'))?.attempts).toBe(2);
      expect((await service.lastRun('of-its-own'))?.attempts).toBe(3);
      expect((await service.lastRun('late'))?.outcome).toBe('timed-out');
    });

    it('have defaults from code, which are stronger', async () => {
      const yaml = { schedule: { jobs: { defaults: { retry: { attempts: 2, backoff: '1ms' } } } } };
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'job' })
        run() {
          throw new Error('no');
        }
      }
      const config = ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => yaml] });
      const { run } = await boot([Jobs], { jobs: { defaults: { retry: { attempts: 4 } } } }, [config]);
      const [last] = await run('job', 1);
      expect(last?.attempts).toBe(4);
    });

    it('may throw anything: it is logged and recorded, and the scheduler lives on', async () => {
      const hostile = new Proxy(new Error('hidden'), {
        get: () => {
          throw new Error('get');
        },
        getPrototypeOf: () => {
          throw new Error('getPrototypeOf');
        },
      });
      @Injectable()
      class Jobs {
        @LeaderCron(NEVER, { name: 'hostile' })
        hostile() {
          return Promise.reject(hostile);
        }
        @LeaderCron(NEVER, { name: 'bare' })
        bare() {
          return Promise.reject(Object.create(null) as Error);
        }
      }
      const { app, run } = await boot([Jobs]);
      expect(await run('hostile', 1)).toMatchObject([{ outcome: 'failed', error: { name: 'Unknown' } }]);
      expect(await run('bare', 1)).toMatchObject([{ outcome: 'failed' }]);
      for (const job of ['hostile', 'bare'])
        expect(app.lines.filter(line => line.startsWith(`error Job ${job} failed`))).toHaveLength(1);
      expect(app.lines.filter(line => line.includes('listener'))).toEqual([]);
    });

    it('miss no tick once they are started by hand', async () => {
      const ticks: number[] = [];
      @Injectable()
      class Jobs {
        @LeaderCron(EVERY_SECOND, { name: 'later', disabled: true })
        run({ tick }: JobContext) {
          ticks.push(tick.getTime());
        }
      }
      const { app } = await boot([Jobs]);
      // Long enough before the next second for one question to the store.
      await eventually(() => Date.now() % 1000 < 200, { every: 5 });
      const startedAt = Date.now();
      app.get(SchedulerRegistry).getCronJob('later').start();
      await eventually(() => ticks.length > 0);
      expect((ticks[0] ?? 0) - startedAt).toBeLessThanOrEqual(1000);
    });
  });
}

describe('options of a job that cannot be used', () => {
  it.each<[object, RegExp]>([
    [{ overlap: 'sometimes' }, /Jobs\.run.*overlap.*'sometimes'/s],
    [{ catchUp: 'yes' }, /Jobs\.run.*catchUp/s],
    [{ catchUpWindow: '5s' }, /Jobs\.run.*catchUpWindow/s],
    [{ timeout: 'soon' }, /Jobs\.run.*timeout.*'soon'/s],
    [{ retry: { attempts: 0 } }, /Jobs\.run.*retry\.attempts.*0/s],
    [{ retry: { jitter: 2 } }, /Jobs\.run.*retry\.jitter.*2/s],
    [{ retry: { backoff: '2m', maxBackoff: '1m' } }, /Jobs\.run.*maxBackoff/s],
    [{ recover: 'yes' }, /Jobs\.run.*recover/s],
    [{ history: { keep: -1 } }, /Jobs\.run.*history\.keep.*-1/s],
    [{ overlaps: 'skip' }, /Jobs\.run.*overlaps.*overlap/s],
    [{ waitForCompletion: true, overlap: 'allow' }, /Jobs\.run.*waitForCompletion/s],
  ])('%p are refused, and the method is named', async (more, message) => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, more)
      run() {}
    }
    const booted = bootApp({ imports: [ScheduleModule.forRoot({ mode: 'ram' })], providers: [Jobs] });
    const error: unknown = await booted.then(
      () => new Error('it booted'),
      (refusal: unknown) => refusal,
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(String(error)).toMatch(message);
  });
});

describeWithRedis('two pods on one Redis', () => {
  let server: RedisServer;
  const apps: BootedApp[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map(app => app.close()));
  });
  afterAll(() => server.dispose());

  const boot = async (
    appName: string,
    providers: NonNullable<Parameters<typeof bootApp>[0]['providers']>,
  ) => {
    const leader = { interval: '300ms', ttl: '2s' };
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ redis: server.url, appName, leader })],
      providers,
    });
    apps.push(app);
    return app;
  };

  it('never run a job beside itself that skips, across a change of leader', async () => {
    const log: string[] = [];
    const ticks: number[] = [];
    let running = 0;
    let most = 0;
    const jobsOf = (pod: string) => {
      @Injectable()
      class Jobs {
        @LeaderCron(EVERY_SECOND, { name: 'slow' })
        async slow({ tick }: JobContext) {
          most = Math.max(most, (running += 1));
          ticks.push(tick.getTime());
          log.push(pod);
          const startedAt = Date.now();
          await eventually(() => Date.now() > startedAt + 1500);
          running -= 1;
        }
      }
      return [Jobs];
    };
    const a = await boot('beside', jobsOf('a'));
    await a.get(LeaderService).waitForLeadership();
    const b = await boot('beside', jobsOf('b'));
    await eventually(() => running === 1 && log.length >= 2);
    expect(new Set(log)).toEqual(new Set(['a']));
    await a.get(LeaderService).resign();
    await b.get(LeaderService).waitForLeadership();
    expect(running).toBe(1);
    await eventually(() => log.filter(pod => pod === 'b').length >= 2);
    expect(most).toBe(1);
    expect(new Set(ticks).size).toBe(ticks.length);
  });

  it('tell the same past, whoever ran', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'shared' })
      run() {}
    }
    const a = await boot('past', [Jobs]);
    await a.get(LeaderService).waitForLeadership();
    const b = await boot('past', [Jobs]);
    await a.get(SchedulerRegistry).getCronJob('shared').fireOnTick();
    const services = [a, b].map(app => app.get(ScheduleService));
    await eventually(async () => (await services[1]?.history('shared'))?.length === 1);
    const asked: ((service: ScheduleService) => Promise<unknown>)[] = [
      service => service.history(),
      service => service.lastRun('shared'),
      service => service.running(),
    ];
    for (const ask of asked) {
      const [first, second] = await Promise.all(services.map(ask));
      expect(second).toEqual(first);
    }
    expect((await services[1]?.lastRun('shared'))?.podId).toBe(a.get(LeaderService).podId);
  });
});

import {
  Controller,
  Injectable,
  Module,
  Scope,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ScheduleModule as NestScheduleModule } from '@nestjs/schedule';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CronTime } from 'cron';

import {
  Cron,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
  type JobContext,
  type Leadership,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';

const EVERY_SECOND = '* * * * * *';
const RAM: ScheduleModuleOptions = { mode: 'ram' };
const apps: BootedApp[] = [];

const boot = async (...args: Parameters<typeof bootApp>) => {
  const app = await bootApp(...args);
  apps.push(app);
  return app;
};

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('a leader job', () => {
  it('runs on its ticks with the nominal instant, under the name of class and method', async () => {
    const contexts: JobContext[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      collect(context: JobContext) {
        contexts.push(context);
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => contexts.length >= 2);
    expect(contexts[0]).toMatchObject({ job: 'Jobs.collect', token: app.get(LeaderService).term?.token });
    expect(contexts[0]?.tick.getMilliseconds()).toBe(0);
    expect(Number(contexts[1]?.tick) - Number(contexts[0]?.tick)).toBe(1000);
  });

  it('is warned about once at the start where it ticks more often than every 100 ms', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron('@every 50ms', { name: 'too-often' })
      tooOften(): void {
        // Only its schedule matters.
      }

      @LeaderCron('@every 100ms', { name: 'often' })
      often(): void {
        // Only its schedule matters.
      }
    }
    const { lines } = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    expect(lines.filter(line => line.includes('ticks every'))).toEqual([
      expect.stringContaining('warn Job too-often ticks every 50 ms'),
    ]);
  });

  it('stands in the SchedulerRegistry, where it can be stopped, started, rescheduled and fired by hand', async () => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron('0 0 1 1 *', { name: 'yearly' })
      run({ tick }: JobContext) {
        ticks.push(tick.getTime());
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const job = app.get(SchedulerRegistry).getCronJob('yearly');
    expect(job.isActive).toBe(true);
    await job.fireOnTick();
    await eventually(() => ticks.length === 1);
    job.setTime(new CronTime(EVERY_SECOND));
    await eventually(() => ticks.length >= 2);
    await job.stop();
    expect(job.isActive).toBe(false);
    const before = ticks.length;
    const stoppedAt = Date.now();
    await eventually(() => Date.now() > stoppedAt + 1500, { what: 'ticks go by while the job is stopped' });
    expect(ticks).toHaveLength(before);
    job.start();
    await eventually(() => ticks.length > before);
    expect(ticks[before]).toBeGreaterThan(stoppedAt + 1500);
  });

  it('loses no tick when the event loop is busy', async () => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      run({ tick }: JobContext) {
        ticks.push(tick.getTime());
        if (ticks.length !== 1) return;
        for (const until = Date.now() + 2600; Date.now() < until;);
      }
    }
    await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => ticks.length >= 5);
    const first = ticks[0] ?? 0;
    expect(ticks.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map(n => first + n * 1000));
  });

  it('makes up by its policy what it slept through', async () => {
    const seen: [number, boolean][] = [];
    let isAsleep = false;
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { name: 'awake' })
      run({ tick, catchUp }: JobContext) {
        seen.push([tick.getTime(), catchUp]);
        if (isAsleep || seen.length !== 1) return;
        isAsleep = true;
        for (const until = Date.now() + 5400; Date.now() < until;);
      }
    }
    const leader = { ttl: '3s', interval: '1s' };
    const app = await boot({ imports: [ScheduleModule.forRoot({ ...RAM, leader })], providers: [Jobs] });
    await eventually(() => seen.length >= 3);
    const [[first] = [0], ...later] = seen;
    // The newest of five runs late, and those before it are on record as missed.
    expect(later.slice(0, 2)).toEqual([
      [first + 5000, true],
      [first + 6000, false],
    ]);
    const missed = await app.get(ScheduleService).history('awake', { outcome: 'missed' });
    expect(missed).toMatchObject([{ tick: new Date(first + 4000), missed: { count: 4 } }]);
  });

  it('is not started when disabled, and not in its initial delay', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { name: 'off', disabled: true })
      @LeaderCron(EVERY_SECOND, { name: 'later', initialDelay: '1s' })
      run() {}
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const registry = app.get(SchedulerRegistry);
    expect([registry.getCronJob('off').isActive, registry.getCronJob('later').isActive]).toEqual([
      false,
      false,
    ]);
    await eventually(() => registry.getCronJob('later').isActive);
    expect(registry.getCronJob('off').isActive).toBe(false);
  });

  it('skips ticks while an earlier run goes on, when it waits for completion', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { waitForCompletion: true })
      async run() {
        most = Math.max(most, (running += 1));
        const started = Date.now();
        await eventually(() => Date.now() > started + 1300);
        running -= 1;
        runs += 1;
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => runs >= 2);
    expect(most).toBe(1);
    expect(app.lines.some(line => /^debug Job Jobs.run skipped/.test(line))).toBe(true);
  });

  it('has its error logged with job, tick and pod, and the process lives on', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      run() {
        throw new Error('the printer is out of paper');
      }
      @LeaderCron(EVERY_SECOND)
      async later() {
        await Promise.reject(new TypeError('rejected'));
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const { podId } = app.get(LeaderService);
    const logged = (pattern: RegExp) => app.lines.some(line => pattern.test(line) && line.includes(podId));
    await eventually(() => logged(/^error Job Jobs\.run failed: tick 20.*Z, .*out of paper/));
    await eventually(() => logged(/^error Job Jobs\.later failed: .*rejected/));
  });

  it.each([Scope.REQUEST, Scope.TRANSIENT])(
    'of a provider of scope %s gets an instance for each run',
    async scope => {
      const instances = new Set<object>();
      @Injectable()
      class Dependency {}
      @Injectable({ scope })
      class Jobs {
        constructor(private readonly dependency: Dependency) {}
        @LeaderCron(EVERY_SECOND)
        run() {
          if (this.dependency instanceof Dependency) instances.add(this);
        }
      }
      await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs, Dependency] });
      await eventually(() => instances.size >= 2);
    },
  );

  it('is one job, though its provider has an alias', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      run() {}
    }
    const app = await boot({
      imports: [ScheduleModule.forRoot(RAM)],
      providers: [Jobs, { provide: 'alias', useExisting: Jobs }],
    });
    expect([...app.get(SchedulerRegistry).getCronJobs().keys()]).toEqual(['Jobs.run']);
  });
});

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
        // It is not told its tick, and may be late by most of a second.
        ticks.push(Math.floor((Date.now() + 50) / 1000));
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

describe('LeaderService in RAM mode', () => {
  it('leads as soon as the application has started', async () => {
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
    const leader = app.get(LeaderService);
    expect(leader.isLeader()).toBe(true);
    expect(await leader.current()).toMatchObject({
      isThisPod: true,
      podId: leader.podId,
      remainingMs: Infinity,
    });
    expect(await leader.waitForLeadership()).toEqual(leader.term);
  });

  it('tells the present state first, then each change, and leads again one ttl after it resigned', async () => {
    const app = await boot({
      imports: [ScheduleModule.forRoot({ mode: 'ram', leader: { ttl: '500ms', interval: '50ms' } })],
    });
    const leader = app.get(LeaderService);
    const seen: Leadership[] = [];
    leader.changes.subscribe(change => seen.push(change));
    expect(await leader.resign()).toBe(true);
    expect(leader.isLeader()).toBe(false);
    expect(await leader.resign()).toBe(false);
    await leader.waitForLeadership();
    expect(seen.map(change => (change.isLeader ? 'leads' : change.reason))).toEqual([
      'leads',
      'resigned',
      'leads',
    ]);
  });

  it('stops waiting for leadership when the signal aborts', async () => {
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
    await app.get(LeaderService).resign();
    await expect(
      app.get(LeaderService).waitForLeadership(AbortSignal.abort(new Error('enough'))),
    ).rejects.toThrow('enough');
  });

  it('stops waiting for leadership, and for a run, when the application closes', async () => {
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
    const schedule = app.get(ScheduleService);
    schedule.create('job', '-', () => undefined);
    await app.get(LeaderService).resign();
    const waiting = [app.get(LeaderService).waitForLeadership(), schedule.runNow('job', { wait: true })];
    const outcomes = Promise.allSettled(waiting);
    await app.close();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SHUTDOWN' } });
  });
});

describe('the lifecycle', () => {
  it('starts after every provider of the application and stops before them, awaiting running handlers', async () => {
    const order: string[] = [];
    const recorder = (name: string, leader: () => LeaderService) => ({
      onApplicationBootstrap: () => void order.push(`${name} starts ${leader().isLeader()}`),
      onModuleDestroy: () => void order.push(`${name} stops ${leader().isLeader()}`),
    });
    @Injectable()
    class Sibling implements OnApplicationBootstrap, OnModuleDestroy {
      constructor(private readonly leader: LeaderService) {}
      private readonly hooks = recorder('sibling', () => this.leader);
      onApplicationBootstrap = this.hooks.onApplicationBootstrap;
      onModuleDestroy = this.hooks.onModuleDestroy;
    }
    @Injectable()
    class Root extends Sibling {
      @LeaderCron(EVERY_SECOND)
      async slow() {
        order.push('handler starts');
        const started = Date.now();
        await eventually(() => Date.now() > started + 500);
        order.push('handler ends');
      }
    }
    @Module({ providers: [Sibling] })
    class SiblingModule {}
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM), SiblingModule], providers: [Root] });
    await eventually(() => order.includes('handler starts'));
    await app.close();
    const stop = order.indexOf('sibling stops false');
    expect(order.slice(0, 2)).toEqual(['sibling starts false', 'sibling starts false']);
    expect(order.filter(entry => entry === 'handler starts').length).toBe(
      order.filter(entry => entry === 'handler ends').length,
    );
    expect(order.lastIndexOf('handler ends')).toBeLessThan(stop);
  });

  it('does not wait for a handler beyond the drain timeout, and names it', async () => {
    let started = false;
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      hang() {
        started = true;
        return new Promise(() => undefined);
      }
    }
    const app = await boot({
      imports: [ScheduleModule.forRoot({ mode: 'ram', shutdown: { drainTimeout: '100ms' } })],
      providers: [Jobs],
    });
    await eventually(() => started);
    await app.close();
    expect(app.lines.some(line => /^warn Job Jobs\.hang .*drainTimeout/.test(line))).toBe(true);
  });

  it('warns when nothing listens to SIGTERM', async () => {
    const listeners = process.listeners('SIGTERM');
    process.removeAllListeners('SIGTERM');
    try {
      const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
      const line = await eventually(() =>
        app.lines.find(printed => printed.startsWith('warn Nothing listens to SIGTERM')),
      );
      // Nobody else waits for it.
      expect(line).not.toMatch(/lease/);
    } finally {
      for (const listener of listeners) process.on('SIGTERM', listener);
    }
  });
});

describe('the options', () => {
  const appName = (name: string) =>
    ConfigModule.forRoot({
      ignoreEnvFile: true,
      load: [
        () => ({
          core: { appName: name },
          schedule: { mode: 'ram', leader: { ttl: '600ms', interval: '60ms' } },
        }),
      ],
    });

  it('come from ConfigService when forRoot() has none, whether or not it is global', async () => {
    const app = await boot({ imports: [appName('a'), ScheduleModule.forRoot()] });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it.each<[string, Parameters<typeof ScheduleModule.forRootAsync>[0]]>([
    ['a factory', { useFactory: async () => RAM }],
    [
      'a class',
      {
        useClass: class {
          createScheduleOptions = () => RAM;
        },
      },
    ],
    ['a factory with dependencies', { imports: [appName('b')], inject: [], useFactory: () => RAM }],
  ])('come from %s', async (_, options) => {
    const app = await boot({ imports: [ScheduleModule.forRootAsync(options)] });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it('come from an existing provider', async () => {
    @Injectable()
    class Options {
      createScheduleOptions = () => RAM;
    }
    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}
    const app = await boot({
      imports: [ScheduleModule.forRootAsync({ imports: [OptionsModule], useExisting: Options })],
    });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it('may be given twice, if they are the same', async () => {
    @Module({ imports: [ScheduleModule.forRoot({ mode: 'ram' })] })
    class Feature {}
    const app = await boot({ imports: [ScheduleModule.forRoot({ mode: 'ram' }), Feature] });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });
});

describe('at boot', () => {
  const withJob = (...args: Parameters<typeof LeaderCron>) => {
    @Injectable()
    class Jobs {
      @LeaderCron(...args)
      run() {}
    }
    return { imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] };
  };
  @Injectable()
  class Twins {
    @LeaderCron(EVERY_SECOND, { name: 'twin' })
    one() {}
    @LeaderCron(EVERY_SECOND, { name: 'twin' })
    two() {}
  }
  @Controller({ scope: Scope.REQUEST })
  class RequestScoped {
    @LeaderCron(EVERY_SECOND)
    run() {}
  }

  it.each<[string, () => Parameters<typeof bootApp>[0], string, RegExp]>([
    ['an invalid expression', () => withJob('61 * * * * *'), 'INVALID_CRON', /Jobs\.run.*61/s],
    [
      'an unknown time zone',
      () => withJob('* * * * *', { timeZone: 'Mars/Base' }),
      'INVALID_CRON',
      /Mars\/Base/,
    ],
    [
      'an unknown job option',
      () => withJob('* * * * *', { timezone: 'UTC' } as object),
      'INVALID_OPTIONS',
      /Jobs\.run.*timezone/s,
    ],
    [
      'two jobs of one name',
      () => ({ imports: [ScheduleModule.forRoot(RAM)], providers: [Twins] }),
      'DUPLICATE_JOB',
      /Twins\.one.*Twins\.two.*'twin'/,
    ],
    [
      'a request-scoped controller',
      () => ({ imports: [ScheduleModule.forRoot(RAM)], controllers: [RequestScoped] }),
      'UNSUPPORTED_JOB',
      /RequestScoped\.run/,
    ],
    [
      'forRoot twice with different options',
      () => ({
        imports: [ScheduleModule.forRoot(RAM), ScheduleModule.forRoot({ mode: 'ram', appName: 'b' })],
      }),
      'DUPLICATE_MODULE',
      /2 times/,
    ],
    [
      "@nestjs/schedule's forRoot twice",
      () => ({
        imports: [ScheduleModule.forRoot(RAM), NestScheduleModule.forRoot(), NestScheduleModule.forRoot()],
      }),
      'DUPLICATE_REGISTRY',
      /2 times/,
    ],
    [
      'an unknown module option',
      () => ({ imports: [ScheduleModule.forRoot({ mod: 'ram' } as object)] }),
      'INVALID_OPTIONS',
      /did you mean 'mode'/,
    ],
  ])('%s is refused', async (_, metadata, code, message) => {
    const error: unknown = await boot(metadata()).then(
      () => new Error('it booted'),
      (refusal: unknown) => refusal,
    );
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(message);
  });
});

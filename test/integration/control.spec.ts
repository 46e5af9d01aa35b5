import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import {
  ALL_JOBS,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type ScheduleModuleOptions,
} from '../../lib/index.js';
import { redisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Not while these tests run. */
const NEVER = '0 0 0 29 2 *';
const OFTEN = '@every 200ms';
const TTL = 1500;

/** One call of a handler. */
interface Call {
  readonly pod: string;
  readonly context: JobContext;
}

/** What the pods of one test did: an application each, in this process, all of one scheduler. */
class Calls {
  readonly all: Call[] = [];

  of(job: string): Call[] {
    return this.all.filter(({ context }) => context.job === job);
  }

  ticks(job: string): number[] {
    return this.of(job).map(({ context }) => context.tick.getTime());
  }
}

const modes = [
  ['ram', describe],
  ['redis', describeWithRedis],
] as const;

let server: RedisServer | undefined;
let schedulers = 0;
const apps: BootedApp[] = [];
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  await Promise.all(cleanups.splice(0).map(clean => clean()));
});

function newName(): string {
  return `control-${(schedulers += 1)}`;
}

interface Pod {
  readonly name: string;
  readonly app: BootedApp;
  readonly schedule: ScheduleService;
  readonly leader: LeaderService;
}

async function boot(name: string, calls: Calls, options: ScheduleModuleOptions): Promise<Pod> {
  @Injectable()
  class Jobs {
    @LeaderCron(OFTEN, { name: 'ticking', overlap: 'allow' })
    ticking(context: JobContext): void {
      calls.all.push({ pod: name, context });
    }

    @LeaderCron(NEVER, { name: 'by-hand', overlap: 'allow' })
    byHand(context: JobContext): void {
      calls.all.push({ pod: name, context });
    }

    @LeaderCron(NEVER, { name: 'long' })
    async long(context: JobContext): Promise<void> {
      calls.all.push({ pod: name, context });
      await new Promise((_, reject) =>
        context.signal.addEventListener('abort', () => reject(context.signal.reason as Error)),
      );
    }
  }
  const leader = { ttl: TTL, interval: 300 };
  const app = await bootApp({
    imports: [ScheduleModule.forRoot({ appVersion: '1.2.3', leader, ...options })],
    providers: [Jobs],
  });
  apps.push(app);
  const schedule = app.get(ScheduleService);
  await eventually(async () => (await schedule.status()).isStoreAvailable, { what: 'it is connected' });
  return { name, app, schedule, leader: app.get(LeaderService) };
}

const leads = ({ leader }: Pod) => eventually(() => leader.isLeader(), { what: 'the pod leads' });

for (const [mode, describeMode] of modes) {
  describeMode(`control in ${mode} mode`, () => {
    beforeAll(async () => {
      if (mode === 'redis') server = await RedisServer.start();
    });
    afterAll(async () => {
      await server?.dispose();
      server = undefined;
    });

    /** The one that leads, and the one from which it is controlled: another one, where there can be another one. */
    const pods = async () => {
      const calls = new Calls();
      const appName = newName();
      const options = mode === 'redis' ? { mode, appName, redis: server?.url ?? '' } : { mode, appName };
      const leader = await boot('leader', calls, options);
      await leads(leader);
      const other = mode === 'redis' ? await boot('other', calls, options) : leader;
      const key = `scheduler:${appName}:leader`;
      return {
        calls,
        leader,
        other,
        options,
        keys: redisKeys(key),
        boot: () => boot('third', calls, options),
      };
    };

    it('pauses a job, or all, and lets them go on', async () => {
      const { calls, other } = await pods();
      await eventually(() => calls.of('ticking').length > 0);
      for (const job of ['ticking', ALL_JOBS]) {
        const pause = await other.schedule.pause(job, { reason: 'maintenance' });
        expect(pause).toMatchObject({ until: undefined, reason: 'maintenance' });
        await eventually(async () => (await other.schedule.history('ticking'))[0]?.reason === 'paused');
        const [info] = (await other.schedule.jobs()).filter(({ name }) => name === 'ticking');
        expect(info).toMatchObject({ isPaused: true, pause });
        expect(calls.ticks('ticking').filter(tick => tick >= pause.from.getTime())).toEqual([]);
        expect(await other.schedule.resume(job)).toBe(true);
        expect(await other.schedule.resume(job)).toBe(false);
        const count = calls.of('ticking').length;
        await eventually(() => calls.of('ticking').length > count);
      }
    });

    it('runs a job now, on the leader, and waits for its end', async () => {
      const { calls, other, leader } = await pods();
      const run = await other.schedule.runNow('by-hand', { wait: '10s' });
      expect(run).toMatchObject({ outcome: 'succeeded', manual: true, podId: leader.leader.podId });
      expect(calls.of('by-hand').map(({ pod }) => pod)).toEqual(['leader']);
      const ticket = await other.schedule.runNow('by-hand');
      expect(ticket).toMatchObject({ job: 'by-hand', requestId: expect.any(String) });
      await eventually(async () => (await other.schedule.history('by-hand')).length === 2);
    });

    it('aborts a run', async () => {
      const { other } = await pods();
      await other.schedule.runNow('long');
      const [run] = await eventually(async () => {
        const running = await other.schedule.running();
        return running.length > 0 && running;
      });
      await expect(other.schedule.runNow('long', { wait: true })).resolves.toMatchObject({
        outcome: 'skipped',
        reason: 'running',
      });
      expect(await other.schedule.abort(run?.runId ?? '')).toBe(true);
      await eventually(async () => (await other.schedule.lastRun('long'))?.outcome === 'aborted');
      expect(await other.schedule.abort(run?.runId ?? '')).toBe(false);
    });

    it('gives a job another schedule, and its own again', async () => {
      const { calls, other } = await pods();
      await other.schedule.reschedule('by-hand', OFTEN);
      await eventually(() => calls.of('by-hand').length > 1);
      await other.schedule.reschedule('by-hand', null);
      await eventually(async () => {
        const info = (await other.schedule.jobs()).find(({ name }) => name === 'by-hand');
        return info?.isRescheduled === false && info.schedule === NEVER;
      });
    });

    it('takes jobs that are made at run time, on all pods, and runs each of their ticks once', async () => {
      const { calls, leader, other } = await pods();
      for (const pod of new Set([leader, other]))
        pod.schedule.create('late', OFTEN, context => {
          calls.all.push({ pod: pod.name, context });
        });
      await eventually(() => calls.of('late').length >= 2);
      const ticks = calls.ticks('late');
      expect(new Set(ticks).size).toBe(ticks.length);
      for (const pod of new Set([leader, other])) pod.schedule.remove('late');
      await expect(other.schedule.runNow('late')).rejects.toThrow('There is no job of this name');
    });

    it('shows the pods, with version, last look and clock', async () => {
      const { leader, other } = await pods();
      const expected = new Set([leader, other]).size;
      const found = await eventually(async () => {
        const shown = await other.schedule.pods();
        return shown.length === expected && shown.every(pod => pod.clockAheadMs !== undefined) && shown;
      });
      expect(found.map(({ isLeader }) => isLeader)).toEqual([true, false].slice(0, expected));
      for (const pod of found) {
        expect(pod.version).toBe('1.2.3');
        expect(Math.abs(pod.clockAheadMs ?? Infinity)).toBeLessThan(1000);
        expect(Math.abs(Date.now() - pod.lastSeen.getTime())).toBeLessThan(10_000);
      }
    });

    it('refuses what cannot be meant, and says why', async () => {
      const { other } = await pods();
      const { schedule } = other;
      await expect(schedule.pause('tickin')).rejects.toThrow("Did you mean 'ticking'?");
      await expect(schedule.runNow('nothing like it at all')).rejects.toThrow('There are ');
      for (const wrong of [0, -1, Number.NaN, '0s', '-5s', 'abc', '400d'])
        await expect(schedule.pause('ticking', { for: wrong })).rejects.toThrow('A pause is a duration');
      for (const reason of ['a\nb', 'x'.repeat(201), '\u0000'])
        await expect(schedule.pause('ticking', { reason })).rejects.toThrow('The reason of a pause');
      for (const wait of [0, -1, Number.NaN, 'abc'])
        await expect(schedule.runNow('by-hand', { wait })).rejects.toThrow('A time to wait');
      for (const never of ['0 0 0 31 2 *', 'garbage', ''])
        await expect(schedule.reschedule('ticking', never)).rejects.toMatchObject({ code: 'INVALID_CRON' });
      await expect(schedule.reschedule('ticking', 5 as never)).rejects.toThrow('rescheduled by a text');
      await expect(schedule.reschedule('ticking', '* * * * *', { timeZone: 'Mars' })).rejects.toThrow('Mars');
      for (const garbage of ['', '*', 'a|b', '\u0000']) expect(await schedule.abort(garbage)).toBe(false);
      expect(await schedule.history('by-hand')).toEqual([]);
      expect((await schedule.status()).pause).toBeUndefined();
    });

    it('refuses jobs that cannot be, and has none of them afterwards', async () => {
      const { other } = await pods();
      const { schedule } = other;
      const nothing = () => undefined;
      const before = (await schedule.jobs()).length;
      expect(() => schedule.create('ticking', NEVER, nothing)).toThrow('Two jobs have one name');
      expect(() => schedule.create('x', NEVER, 'text' as never)).toThrow('a handler that is no function');
      expect(() => schedule.create('x', '0 0 0 31 2 *', nothing)).toThrow(
        expect.objectContaining({ code: 'INVALID_CRON' }),
      );
      for (const name of [ALL_JOBS, '', ' ', 'a\nb'])
        expect(() => schedule.create(name, NEVER, nothing)).toThrow('has invalid options');
      expect(() => schedule.remove('x')).toThrow('There is no job of this name');
      expect(await schedule.jobs()).toHaveLength(before);
    });

    it('takes jobs before it has initialized, and whatever else from then on', async () => {
      const calls = new Calls();
      const answers: unknown[] = [];
      const refused: unknown[] = [];
      @Injectable()
      class Early implements OnModuleInit, OnApplicationBootstrap {
        constructor(private readonly schedule: ScheduleService) {
          schedule.create('from-constructor', OFTEN, context => {
            calls.all.push({ pod: '', context });
          });
        }

        async onModuleInit(): Promise<void> {
          const { schedule } = this;
          schedule.create('from-init', OFTEN, context => {
            calls.all.push({ pod: '', context });
          });
          const asked = [
            () => schedule.pause('from-init'),
            () => schedule.resume(ALL_JOBS),
            () => schedule.runNow('from-init'),
            () => schedule.abort('x'),
            () => schedule.reschedule('from-init', NEVER),
            () => schedule.jobs(),
            () => schedule.pods(),
          ];
          for (const ask of asked) refused.push(await ask().catch((error: unknown) => error));
        }

        async onApplicationBootstrap(): Promise<void> {
          const { reason } = await this.schedule.pause('from-init', { reason: 'early' });
          answers.push(reason, await this.schedule.resume('from-init'));
        }
      }
      const where = mode === 'redis' ? { mode, redis: server?.url ?? '' } : { mode };
      const app = await bootApp({
        imports: [ScheduleModule.forRoot({ appName: newName(), ...where })],
        providers: [Early],
      });
      apps.push(app);
      expect(refused.map(error => (error as { code?: string }).code)).toEqual(
        Array.from({ length: 7 }, () => 'NOT_STARTED'),
      );
      expect(answers).toEqual(['early', true]);
      await eventually(() => calls.of('from-constructor').length > 0 && calls.of('from-init').length > 0);
    });

    if (mode === 'ram') return;

    it('makes five runs, each once, when five pods ask for one at once', async () => {
      const { calls, leader, other, boot: another } = await pods();
      const all = [leader, other, ...(await Promise.all([another(), another(), another()]))];
      const runs = await Promise.all(all.map(({ schedule }) => schedule.runNow('by-hand', { wait: '10s' })));
      const ids = runs.map(run => (run !== undefined && 'runId' in run ? run.runId : ''));
      expect(new Set(ids).size).toBe(5);
      expect(calls.of('by-hand')).toHaveLength(5);
    });

    it('follows a schedule that was given before the pod came, before it leads', async () => {
      const { leader, boot: another } = await pods();
      const before = Date.now();
      await leader.schedule.reschedule('by-hand', '5 4 3 2 1 *');
      const after = Date.now();
      const late = await another();
      const byHand = async () => (await late.schedule.jobs()).find(({ name }) => name === 'by-hand');
      const info = await eventually(async () => {
        const found = await byHand();
        return found?.schedule === '5 4 3 2 1 *' && found.isRescheduled ? found : undefined;
      });
      const since = info.rescheduledAt?.getTime() ?? 0;
      // Redis runs on this machine, and counts whole milliseconds.
      expect(since).toBeGreaterThanOrEqual(before - 1);
      expect(since).toBeLessThanOrEqual(after + 1);
      // The same again changes nothing.
      await leader.schedule.reschedule('by-hand', '5 4 3 2 1 *');
      expect(await byHand()).toEqual(info);
      const at = new Date(since).toISOString();
      expect(late.app.lines).toContainEqual(
        expect.stringMatching(`by-hand follows the schedule .* instead of its own, .*, since ${at};`),
      );
    });

    it('has the leader resign from another pod', async () => {
      const { calls, leader, other } = await pods();
      await eventually(() => calls.of('ticking').length > 0);
      expect(await other.leader.resign()).toBe(true);
      await leads(other);
      expect(leader.leader.isLeader()).toBe(false);
      await eventually(() => calls.of('ticking').some(({ pod }) => pod === 'other'));
      const ticks = calls.ticks('ticking');
      expect(new Set(ticks).size).toBe(ticks.length);
    });

    it('forgets a pod that was stopped', async () => {
      const { leader, other } = await pods();
      await eventually(async () => (await leader.schedule.pods()).length === 2);
      apps.splice(apps.indexOf(other.app), 1);
      await other.app.close();
      expect(await leader.schedule.pods()).toHaveLength(1);
    });

    it('stands still while an operator holds the key, goes on by itself, and doubles nothing', async () => {
      const { calls, leader, keys } = await pods();
      await eventually(() => calls.of('ticking').length > 0);
      await server?.command('SET', keys.lease, 'anything', 'PX', 1500);
      await eventually(() => !leader.leader.isLeader());
      const count = calls.of('ticking').length;
      expect(await server?.command('GET', keys.lease)).toBe('anything');
      await eventually(() => calls.of('ticking').length > count);
      await server?.command('DEL', keys.lease);
      const later = calls.of('ticking').length;
      await eventually(() => calls.of('ticking').length > later + 1);
      const ticks = calls.ticks('ticking');
      expect(new Set(ticks).size).toBe(ticks.length);
    });

    it('costs an idle pod no more than a command an interval, and no script is sent as text', async () => {
      const alone = await RedisServer.start();
      cleanups.push(() => alone.dispose());
      const options = { mode, appName: newName(), redis: alone.url, leader: { ttl: 2000, interval: 500 } };
      const app = await bootApp({ imports: [ScheduleModule.forRoot(options)] });
      apps.push(app);
      await eventually(() => app.get(LeaderService).isLeader());
      const count = async (command: string) => {
        const stats = String(await alone.command('INFO', 'commandstats'));
        return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
      };
      // Each script was sent once by then.
      const before = await count('evalsha');
      await eventually(async () => (await count('evalsha')) >= before + 2);
      await alone.command('CONFIG', 'RESETSTAT');
      const from = performance.now();
      await eventually(async () => (await count('evalsha')) >= 4);
      const intervals = (performance.now() - from) / 500;
      expect(await count('evalsha')).toBeLessThanOrEqual(2 * (intervals + 1));
      expect(await count('eval')).toBe(0);
    });

    describe('with a leader that is cut off for good', () => {
      it('runs what was asked for meanwhile once, on the next leader', async () => {
        const calls = new Calls();
        const network = await TcpProxy.start(server?.port ?? 0);
        cleanups.push(() => network.close());
        const appName = newName();
        const redis = `redis://127.0.0.1:${network.port}`;
        const leader = await boot('leader', calls, { mode, appName, redis });
        await leads(leader);
        const other = await boot('other', calls, { mode, appName, redis: server?.url ?? '' });
        await network.refuse();
        network.reset();
        const run = await other.schedule.runNow('by-hand', { wait: '15s' });
        expect(run).toMatchObject({ outcome: 'succeeded', podId: other.leader.podId });
        expect(calls.of('by-hand').map(({ pod }) => pod)).toEqual(['other']);
      });
    });

    describe('when Redis restarts', () => {
      /** A pod whose job is paused, with a Redis that has restarted since. */
      const restarted = async (persistence: boolean) => {
        const own = await RedisServer.start({ persistence });
        cleanups.push(() => own.dispose());
        const calls = new Calls();
        const pod = await boot('leader', calls, { mode, appName: newName(), redis: own.url });
        const isPaused = async () => (await pod.schedule.history('ticking'))[0]?.reason === 'paused';
        await leads(pod);
        await eventually(() => calls.of('ticking').length > 0);
        await pod.schedule.pause('ticking', { reason: 'kept' });
        await eventually(isPaused);
        const count = calls.of('ticking').length;
        await own.restart();
        await eventually(async () => pod.leader.isLeader() && (await pod.schedule.status()).isStoreAvailable);
        const goesOn = async () => {
          await eventually(() => calls.of('ticking').length > count);
          await pod.schedule.runNow('by-hand', { wait: '10s' });
          const ticks = calls.ticks('ticking');
          return calls.of('by-hand').length === 1 && new Set(ticks).size === ticks.length;
        };
        return { calls, pod, isPaused, count, goesOn };
      };

      it('a pause is there still where Redis keeps its data', async () => {
        const { calls, pod, isPaused, count, goesOn } = await restarted(true);
        const job = (await pod.schedule.jobs()).find(({ name }) => name === 'ticking');
        expect(job?.pause?.reason).toBe('kept');
        await eventually(isPaused);
        expect(calls.of('ticking')).toHaveLength(count);
        expect(await pod.schedule.resume('ticking')).toBe(true);
        expect(await goesOn()).toBe(true);
      });

      it('a pause is gone where Redis forgets, and nothing else is the matter', async () => {
        const { pod, goesOn } = await restarted(false);
        expect(await goesOn()).toBe(true);
        expect(await pod.schedule.resume('ticking')).toBe(false);
      });

      it('a pause that ends while it is away covers what fell into it', async () => {
        const own = await RedisServer.start({ persistence: true });
        cleanups.push(() => own.dispose());
        const calls = new Calls();
        const jobs = { defaults: { catchUp: 'all' } } as const;
        const pod = await boot('leader', calls, { mode, appName: newName(), redis: own.url, jobs });
        await leads(pod);
        await eventually(() => calls.of('ticking').length > 0);
        const { from, until } = await pod.schedule.pause('ticking', { for: 1500 });
        await own.kill();
        await eventually(() => Date.now() > (until?.getTime() ?? 0), { what: 'the pause is over' });
        await own.restart();
        await eventually(() => calls.ticks('ticking').some(tick => tick >= (until?.getTime() ?? 0)));
        const isInside = (tick: number) => tick >= from.getTime() && tick < (until?.getTime() ?? 0);
        expect(calls.ticks('ticking').filter(isInside)).toEqual([]);
      });
    });
  });
}

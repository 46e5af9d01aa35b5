import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Injectable, type Provider } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Redis } from 'ioredis';

import { LeaderInterval, LeaderService, ScheduleModule, ScheduleService } from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';

const INTERVAL_MS = 500;
const TTL_MS = 2 * SECOND;
const QUICK = { interval: 300, ttl: 2 * SECOND };
const SLOW = { interval: 2 * SECOND, ttl: 5 * SECOND };
/** A loaded machine may add this. */
const SLACK_MS = 1.5 * SECOND;

@Injectable()
class Rare {
  @LeaderInterval('1h', { name: 'rare' })
  run() {}
}

@Injectable()
class AlsoRare {
  @LeaderInterval('1h', { name: 'also-rare' })
  run() {}
}

const apps: BootedApp[] = [];
let server: RedisServer;
let redis: Redis;
let calls: { readonly pod: string; readonly job: string }[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  await redis.flushall();
  calls = [];
});
afterAll(async () => {
  redis.disconnect();
  await server.dispose();
});

/** Of all pods: Nest has one logger in a process. */
const lines = () => apps.flatMap(app => app.lines);

function jobs(pod: string, names: readonly string[]): Provider[] {
  const call = (job: string) => calls.push({ pod, job });
  @Injectable()
  class A {
    @LeaderInterval('100ms', { name: 'a' })
    run() {
      call('a');
    }
  }
  @Injectable()
  class B {
    @LeaderInterval('100ms', { name: 'b' })
    run() {
      call('b');
    }
  }
  @Injectable()
  class C {
    @LeaderInterval('100ms', { name: 'c' })
    run() {
      call('c');
    }
  }
  return Object.entries({ a: A, b: B, c: C }).flatMap(([name, provider]) =>
    names.includes(name) ? [provider] : [],
  );
}

async function boot(
  name: string,
  names: readonly string[],
  appName = 'app',
  leader = { ttl: TTL_MS, interval: INTERVAL_MS },
  others: readonly Provider[] = [],
) {
  const module = ScheduleModule.forRoot({
    mode: 'redis',
    redis: server.url,
    leader,
    ...(appName !== '' && { appName }),
  });
  const app = await bootApp({ imports: [module], providers: [...jobs(name, names), ...others] });
  apps.push(app);
  const schedule = app.get(ScheduleService);
  return { app, schedule, leader: app.get(LeaderService), registry: app.get(SchedulerRegistry) };
}

describeWithRedis('Pods with different jobs', () => {
  it('run the jobs of a worker behind three pods without jobs within two intervals of its start', async () => {
    const first = await boot('api-1', []);
    await first.leader.waitForLeadership();
    await boot('api-2', []);
    await boot('api-3', []);
    const worker = await boot('worker', ['a']);
    const startedMono = performance.now();
    await eventually(() => calls.length > 0);
    expect(performance.now() - startedMono).toBeLessThan(2 * INTERVAL_MS + SLACK_MS);
    expect(worker.leader.isLeader()).toBe(true);
  });

  it('run a job that an update adds within 2 ttl and 3 intervals, and say that they hand over', async () => {
    const old = await boot('old', ['a']);
    await old.leader.waitForLeadership();
    await boot('new', ['a', 'b']);
    const startedMono = performance.now();
    await eventually(() => calls.some(({ job }) => job === 'b'), {
      within: 2 * TTL_MS + 3 * INTERVAL_MS + SLACK_MS,
    });
    expect(performance.now() - startedMono).toBeGreaterThan(TTL_MS - INTERVAL_MS);
    expect(lines().join('\n')).toContain('it resigned for a pod that has more jobs');
  });

  it.each([
    ['longer', QUICK, SLOW],
    ['shorter', SLOW, QUICK],
  ])(
    'are led by the one with more jobs, though its interval is %s',
    async (_, before, after) => {
      // Followers also ask after a tick, and renew their notes with that.
      const old = await boot('old', [], 'app', before, [Rare]);
      await old.leader.waitForLeadership();
      const fresh = await boot('new', [], 'app', after, [Rare, AlsoRare]);
      await eventually(() => fresh.leader.isLeader(), {
        within: 2 * SLOW.ttl + 3 * SLOW.interval + SLACK_MS,
      });
      const log = lines().join('\n');
      expect(log).toContain('it resigned for a pod that has more jobs');
      expect(log).not.toContain('lacks jobs of this pod');
    },
    30_000,
  );

  it.each(['stop', 'delete'] as const)('run a job elsewhere after a %s on the leader', async how => {
    const one = await boot('one', ['a', 'b']);
    await one.leader.waitForLeadership();
    const two = await boot('two', ['a', 'b']);
    await eventually(() => calls.some(({ job }) => job === 'b'));
    if (how === 'stop') await one.registry.getCronJob('b').stop();
    else one.registry.deleteCronJob('b');
    await eventually(() => calls.some(({ pod: by, job }) => by === 'two' && job === 'b'), {
      within: 2 * TTL_MS + 3 * INTERVAL_MS + SLACK_MS,
    });
    const infos = await two.schedule.jobs();
    expect(infos.find(({ name }) => name === 'b')?.stoppedOn).toEqual([one.leader.podId]);
    for (const pod of [one, two])
      expect((await pod.schedule.status()).stoppedJobs).toEqual([
        { job: 'b', stoppedOn: [one.leader.podId] },
      ]);
    expect(lines().join('\n')).not.toContain('is asked to resign');
  });
});

describeWithRedis('Pods with different jobs, in their reports', () => {
  it('report jobs that run on no pod in spite of hand-over, in log, status and events', async () => {
    const one = await boot('one', ['a', 'b']);
    await one.leader.waitForLeadership();
    const two = await boot('two', ['b', 'c']);
    const { jobDifference } = await eventually(
      async () => {
        const status = await two.schedule.status();
        return status.jobDifference === undefined ? undefined : status;
      },
      { within: TTL_MS + 5000 + INTERVAL_MS + SLACK_MS },
    );
    expect(jobDifference).toMatchObject({ kind: 'jobs', missing: ['c'], podId: one.leader.podId });
    const warnings = () => lines().filter(line => line.includes('lacks jobs of this pod: c does not run'));
    await eventually(() => warnings().length > 0);
    expect(warnings()).toHaveLength(1);
    expect(calls.some(({ job }) => job === 'c')).toBe(false);
  }, 20_000);

  it('warn that a call on the CronJob of a follower concerns that pod only, once per job and call', async () => {
    const one = await boot('one', ['a']);
    await one.leader.waitForLeadership();
    const two = await boot('two', ['a']);
    await eventually(() => lines().some(line => line.includes('follows')));
    const job = two.registry.getCronJob('a');
    await job.stop();
    job.start();
    await job.stop();
    const warned = () => lines().filter(line => line.includes('concerns this pod only'));
    await eventually(() => warned().length >= 2);
    const methods = warned().map(line => /(\w+)\(\) on its/.exec(line)?.[1]);
    expect(methods).toHaveLength(2);
    expect(new Set(methods)).toEqual(new Set(['start', 'stop']));
  });

  it('are warned at their start, where they set no name, that others may share the key', async () => {
    const nameless = await boot('nameless', ['a'], '');
    const warned = () => lines().filter(line => line.includes('Neither appName nor leader.key'));
    expect(nameless.leader.podId).not.toBe('');
    expect(warned()).toHaveLength(1);
    await boot('named', ['a']);
    expect(warned()).toHaveLength(1);
  });
});

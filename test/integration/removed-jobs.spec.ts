import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';

import { redisKeys, type RedisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { LeaderService, ScheduleModule, ScheduleService } from '../../lib/index.js';
import { CompositionRoot } from '../../lib/nest/composition-root.js';
import { ScheduleTesting } from '../../lib/testing/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { DAY, MINUTE, SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, RecordingLogger, type BootedApp } from '../support/nest-app.js';
import { useRedisServer } from '../support/use-redis-server.js';

const NAMES = Array.from({ length: 500 }, (_, number) => `customer-${number}`);
const WITHIN = { within: 30 * SECOND };

/** Lets so many days pass for all that is known of jobs. */
const AGE = `
  for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local job, runs, index = KEYS[3] .. name, KEYS[4] .. name, KEYS[5] .. name
    local last = redis.call('HGET', job, 'lastRun')
    local facts = last and string.match(last, '^%d+|(%l+|[^|]*|%d+|%d+|)')
    if facts then
      redis.call('HSET', job, 'lastRun', ARGV[1] .. '|' .. facts .. ARGV[1] .. '||{}')
    end
    redis.call('HSET', job, 'hwm', ARGV[1])
    redis.call('DEL', runs, index)
    redis.call('ZADD', KEYS[2], ARGV[1], name)
  end`;

function aged(redis: Redis, keys: RedisKeys, days: number): Promise<unknown> {
  const prefixes = [keys.job, keys.runs, keys.index].map(keyOf => keyOf(''));
  return redis.eval(AGE, 5, keys.jobs, keys.removed, ...prefixes, Date.now() - days * DAY);
}

const apps: BootedApp[] = [];
/** Of all pods: those of one process log by the last one. */
const logger = new RecordingLogger();
const redisServer = useRedisServer();
let redis: Redis;

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

async function boot(appName: string, ...jobs: readonly string[]): Promise<BootedApp> {
  // On a slow machine too, the lease is not lost, and commands have time.
  const leader = { interval: '200ms', ttl: '10s' };
  const module = ScheduleModule.forRoot({ redis: redisServer().url, appName, leader });
  const app = await bootApp({ imports: [module] }, logger);
  apps.push(app);
  for (const job of jobs) app.get(ScheduleService).create(job, '@every 1h', () => undefined);
  return app;
}

const leads = (app: BootedApp) => app.get(LeaderService).isLeader();

function connect(): void {
  redis = new Redis(redisServer().url);
}

describeWithRedis('Jobs that were created, have run and were removed', () => {
  beforeAll(connect);
  afterAll(() => redis.disconnect());

  it(
    'leave nothing once their history has expired; jobs that a pod has stay',
    async () => {
      const keys = redisKeys('scheduler:removed:leader');
      const stored = async (job: string) => redis.exists(keys.job(job), keys.runs(job), keys.index(job));
      const first = await boot('removed', 'base');
      await eventually(() => leads(first), WITHIN);
      const others = [await boot('removed', 'of-one'), await boot('removed', 'of-another')];
      const ran = new Set<string>();
      const schedule = first.get(ScheduleService);
      for (const name of NAMES) schedule.create(name, '@every 1s', () => ran.add(name));
      await eventually(() => ran.size === NAMES.length, WITHIN);
      for (const name of NAMES) schedule.remove(name);
      await eventually(async () => (await schedule.running()).length === 0, WITHIN);
      // The leader notes that no pod has them, and what they have is still there.
      await eventually(async () => (await redis.zcard(keys.removed)) >= NAMES.length, WITHIN);
      expect(await stored('customer-7')).toBe(3);

      for (const app of others)
        await app.get(ScheduleService).pause(app === others[0] ? 'of-one' : 'of-another');
      await aged(redis, keys, 31);
      const said = logger.lines.length;
      await first.close();
      const next = await eventually(() => others.find(leads), WITHIN);
      const left = () => redis.keys(`{${keys.lease}}:*:customer-*`);
      await eventually(async () => (await left()).length === 0, WITHIN);
      const names = await redis.smembers(keys.jobs);
      expect(names.filter(name => name !== 'base').sort()).toEqual(['of-another', 'of-one']);
      for (const job of ['of-one', 'of-another']) {
        expect(await redis.hget(keys.job(job), 'pausedFrom')).not.toBeNull();
        await eventually(async () => (await redis.zscore(keys.removed, job)) === null, WITHIN);
      }

      // A job that comes back begins anew.
      const again = new Set<string>();
      next.get(ScheduleService).create('customer-7', '@every 200ms', () => again.add('customer-7'));
      await eventually(() => again.size > 0, WITHIN);
      const [run] = await eventually(async () => {
        const runs = await next.get(ScheduleService).history('customer-7');
        return runs.length > 0 && runs;
      }, WITHIN);
      expect(run?.outcome).toBe('succeeded');
      const lines = logger.lines.slice(said);
      expect(lines.filter(line => /^(error|warn)/.test(line) && line.includes('customer'))).toEqual([]);
    },
    2 * MINUTE,
  );
});

describeWithRedis('Jobs that pods of 0.3 may have', () => {
  beforeAll(connect);
  afterAll(() => redis.disconnect());

  it(
    'stay while a pod competes that does not announce its jobs, as pods of 0.3',
    async () => {
      const keys = redisKeys('scheduler:mixed:leader');
      const now = Date.now();
      await redis.sadd(keys.jobs, 'job');
      await redis.hset(keys.pods, 'old-pod', `${now}|${now}||0.3.0`);
      await aged(redis, keys, 31);
      const app = await boot('mixed');
      await eventually(() => leads(app), WITHIN);
      const renewedAt = async () => Number(await redis.hget(keys.term, 'renewedAt'));
      const since = await renewedAt();
      await eventually(async () => (await renewedAt()) > since + SECOND, WITHIN);
      expect(await redis.exists(keys.job('job'))).toBe(1);
      await redis.hdel(keys.pods, 'old-pod');
      await app.close();
      const next = await boot('mixed');
      await eventually(() => leads(next), WITHIN);
      await eventually(async () => (await redis.exists(keys.job('job'))) === 0, WITHIN);
    },
    MINUTE,
  );
});

describe('Jobs that were created, have run and were removed in RAM mode', () => {
  it('leave nothing once their history has expired', async () => {
    const testing = new ScheduleTesting({ now: '2030-01-01T00:00:00Z' });
    const builder = Test.createTestingModule({ imports: [ScheduleModule.forRoot({ mode: 'ram' })] });
    const app = await testing.attach(builder).setLogger(new RecordingLogger()).compile();
    await app.init();
    const schedule = app.get(ScheduleService);
    const names = async () => {
      const { cluster } = app.get(CompositionRoot).parts?.stores ?? {};
      return (await cluster?.jobNames('', new AbortController().signal))?.names;
    };
    for (const name of NAMES) schedule.create(name, '@every 1s', () => undefined);
    await testing.advance('2s');
    for (const name of NAMES) schedule.remove(name);
    await testing.advance('1s');
    expect(await names()).toHaveLength(NAMES.length);
    await testing.advance('700h');
    schedule.create('other', '@every 1h', () => undefined);
    await testing.advance('1h');
    expect(await names()).toHaveLength(NAMES.length + 1);
    await testing.advance('30h');
    schedule.remove('other');
    await testing.advance('1s');
    expect(await names()).toEqual(['other']);
    await app.close();
  });
});

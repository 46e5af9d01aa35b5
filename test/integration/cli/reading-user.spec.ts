import { afterAll, beforeAll, expect, it } from '@jest/globals';

import {
  createRedisView,
  loadIoredis,
  type RedisView,
} from '../../../lib/adapters/redis/create-redis-view.js';
import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { SystemClock } from '../../../lib/adapters/system/system-clock.js';
import { LeaderService, ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { cli } from '../../support/cli.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

const KEYS = redisKeys('scheduler:shop:leader');
/** Of a scheduler without a pod: nothing else reads it. */
const QUIET = 'scheduler:quiet:leader';
const never = new AbortController().signal;
let server: RedisServer;
let app: BootedApp;
let view: RedisView;
let release = (): void => undefined;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = await RedisServer.start();
  const rights = [
    '~scheduler:shop:leader',
    '~{scheduler:shop:leader}:*',
    `~{${QUIET}}:*`,
    '-@all',
    '+@read',
    '+@connection',
    '+evalsha',
    '+eval',
    '+time',
    '+info',
  ];
  await server.command('ACL', 'SETUSER', 'viewer', 'on', '>secret', 'resetchannels', ...rights);
  const leader = { interval: '200ms', ttl: '2s' } as const;
  app = await bootApp({
    imports: [ScheduleModule.forRoot({ appName: 'shop', redis: server.url, leader })],
  });
  const schedule = app.get(ScheduleService);
  schedule.create('good', '-', () => undefined);
  schedule.create('long', '-', () => new Promise<void>(resolve => (release = resolve)));
  await app.get(LeaderService).waitForLeadership();
  await schedule.runAndWait('good', { maxWait: '10s' });
  await schedule.runNow('long');
  await eventually(async () => Number(await server.command('HLEN', KEYS.specs)) === 2);
  await eventually(async () => (await schedule.running()).length === 1);
  const redis = `redis://viewer:secret@127.0.0.1:${server.port}`;
  environment = { REDIS_URL: redis, SCHEDULE_APP_NAME: 'shop', TZ: 'UTC' };
  const options = { redis, commandTimeoutMs: 3000, clock: new SystemClock() };
  await loadIoredis(redis);
  view = createRedisView({ ...options, leaseKey: QUIET });
  await view.connect(5000);
  await server.command('ACL', 'LOG', 'RESET');
});
afterAll(async () => {
  release();
  await view.close();
  await app.close();
  await server.dispose();
});

describeWithRedis('a user of Redis who may only read', () => {
  it.each(['status', 'jobs', 'history', 'history good', 'running', 'pods'])(
    'is shown everything by %s',
    async words => {
      const shown = await cli(words.split(' '), environment);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).not.toBe('');
      expect(await server.command('ACL', 'LOG')).toEqual([]);
    },
  );

  it('reads notes of candidates and requests beside expired and invalid ones', async () => {
    const [seconds] = (await server.command('TIME')) as [string];
    const now = Number(seconds) * 1000;
    const gone = now - 2 * HOUR;
    const { candidates, requests } = redisKeys(QUIET);
    const noteOf = (at: number) => `${at}|${at}|1-a|up|0|3000|10000`;
    await server.command('HSET', candidates, 'pod', noteOf(now), 'gone', noteOf(gone), 'bad', 'nan');
    await server.command('HSET', requests, 'new', `${now}|good`, 'old', `${gone}|good`, 'bad', 'nan');
    expect((await view.candidates.candidates(never)).candidates).toMatchObject([{ podId: 'pod' }]);
    expect(await view.control.requests('', never)).toMatchObject({ requests: [{ id: 'new' }], expired: [] });
  });
});

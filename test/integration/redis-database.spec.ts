import { afterEach, expect, it } from '@jest/globals';
import { Redis as Redis5 } from 'ioredis-5';

import { LeaderService, ScheduleModule, ScheduleService, type RedisInput } from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';
import { useRedisServer } from '../support/use-redis-server.js';

const leader = { interval: '300ms', ttl: '10s' } as const;
const apps: BootedApp[] = [];
const redisServer = useRedisServer();

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

const boot = async (redis: RedisInput) => {
  const app = await bootApp({ imports: [ScheduleModule.forRoot({ appName: 'database', redis, leader })] });
  apps.push(app);
  return app;
};

const sizes = () => redisServer().command('INFO', 'keyspace');

describeWithRedis('the database of a scheduler', () => {
  it.each<[string, (port: number) => RedisInput]>([
    ['a URL', port => `redis://127.0.0.1:${port}/99`],
    ['options', port => ({ host: '127.0.0.1', port, db: 99 })],
    ['ioredis 5', port => request => new Redis5({ port, db: 99, ...request.options })],
  ])('is never another one than that of %s', async (_, redisOn) => {
    const app = await boot(redisOn(redisServer().port));
    await eventually(() => app.lines.some(line => /^warn .*SELECT 99 was refused/.test(line)), {
      what: 'it says why Redis is not available',
    });
    expect(app.get(LeaderService).isLeader()).toBe(false);
    const { isStoreAvailable, storeError } = await app.get(ScheduleService).status();
    expect(isStoreAvailable).toBe(false);
    expect(storeError).toMatch(/SELECT 99 was refused: .*DB index/);
    expect(await sizes()).not.toMatch(/db0/);
  });

  it.each<[string, (port: number) => RedisInput, RegExp]>([
    ['ioredis 6', port => `redis://:wr0ng-secret@127.0.0.1:${port}`, /(HELLO|AUTH) was refused: WRONGPASS/],
    [
      'ioredis 5',
      port => request => new Redis5({ port, password: 'wr0ng-secret', ...request.options }),
      /AUTH was refused: WRONGPASS/,
    ],
  ])(
    'is not used with a password that is refused, which the status names (%s)',
    async (_, redisOn, reason) => {
      const closed = await RedisServer.start({ password: 'right-secret' });
      try {
        const app = await boot(redisOn(closed.port));
        const schedule = app.get(ScheduleService);
        let storeError = '';
        await eventually(async () => reason.test((storeError = (await schedule.status()).storeError ?? '')), {
          what: 'the status names the command',
        });
        expect(storeError).not.toContain('secret');
        await app.close();
      } finally {
        await closed.dispose();
      }
    },
  );
});

describeWithRedis('the database of a scheduler by other inputs', () => {
  it('is the one that is configured, without a warning', async () => {
    const app = await boot(`redis://127.0.0.1:${redisServer().port}/3`);
    await eventually(() => app.get(LeaderService).isLeader(), { what: 'it leads' });
    expect(await sizes()).toMatch(/db3/);
    expect(await sizes()).not.toMatch(/db0/);
    expect(app.lines.filter(line => /^warn .*(writeable|not available)/.test(line))).toEqual([]);
  });

  it.each<[string, (port: number) => RedisInput]>([
    ['ioredis 6', port => `redis://127.0.0.1:${port}/3`],
    ['ioredis 5', port => request => new Redis5({ port, db: 3, ...request.options })],
  ])('is the one that is configured where the server knows no HELLO (%s)', async (_, redisOn) => {
    const older = await RedisServer.start({ args: ['--rename-command', 'HELLO', ''] });
    try {
      const app = await boot(redisOn(older.port));
      await eventually(() => app.get(LeaderService).isLeader(), { what: 'it leads' });
      const keyspace = await older.command('INFO', 'keyspace');
      expect(keyspace).toMatch(/db3/);
      expect(keyspace).not.toMatch(/db0/);
      // Such a server speaks RESP2 alone.
      const started = (line: string) =>
        line.includes('nestjs-leader-schedule ') && line.endsWith('fast takeover on');
      await eventually(() => app.lines.some(started), { what: 'it says that fast takeover is on' });
      await app.close();
    } finally {
      await older.dispose();
    }
  });
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { RedisMonitor, type ExecutedCommand } from '../../support/redis-monitor.js';
import { RedisServer } from '../../support/redis-server.js';

describeWithRedis('RedisMonitor', () => {
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.url);
    await redis.ping();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.dispose();
  });

  it('reports the commands of clients and of scripts', async () => {
    const executed: ExecutedCommand[] = [];
    const monitor = await RedisMonitor.start(server.port, command => executed.push(command));
    await redis.ping();
    await redis.set('a "key"', 'value');
    await redis.eval("return redis.call('get', KEYS[1])", 1, 'other');
    await eventually(() => executed.some(({ source }) => source === 'lua'));
    monitor.close();
    expect(executed).toMatchObject([
      { name: 'ping', key: '' },
      { name: 'set', key: String.raw`a \"key\"` },
      { name: 'eval' },
      { source: 'lua', name: 'get', key: 'other' },
    ]);
  });

  it('starts on a busy server', async () => {
    let isBusy = true;
    const clients = Array.from({ length: 4 }, () => new Redis(server.url));
    const busy = clients.map(async client => {
      while (isBusy) await Promise.all(Array.from({ length: 50 }, () => client.ping()));
    });
    for (let started = 0; started < 50; started += 1) {
      let isNotified = false;
      const monitor = await RedisMonitor.start(server.port, () => (isNotified = true));
      await eventually(() => isNotified);
      monitor.close();
    }
    isBusy = false;
    await Promise.all(busy);
    for (const client of clients) client.disconnect();
  });
});

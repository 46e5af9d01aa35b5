import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { RedisServer, type RedisServerOptions } from '../../support/redis-server.js';

const servers: RedisServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => server.dispose()));
});

async function start(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  servers.push(server);
  return server;
}

describeWithRedis('RedisServer', () => {
  test('answers as soon as it has started', async () => {
    const server = await start();
    expect(await server.command('SET', 'key', 1)).toBe('OK');
    expect(await server.command('GET', 'key')).toBe('1');
  });

  test('is a server of its own: two share neither port nor memory', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    await one.command('SET', 'key', 'of one');
    expect(one.port).not.toBe(two.port);
    expect(await two.command('GET', 'key')).toBeNull();
  });

  test('has a url that a client connects to, with a password too', async () => {
    const server = await start({ password: 's3cret/@' });
    const client = new Redis(server.url);
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    const stranger = new Redis(server.port, { protocol: 2, enableReadyCheck: false });
    await expect(stranger.ping()).rejects.toThrow('NOAUTH');
    stranger.disconnect();
  });

  test('passes arguments on', async () => {
    const server = await start({ args: ['--maxmemory', '7mb'] });
    expect(await server.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', `${7 * 1024 * 1024}`]);
  });

  test('says why it does not start', async () => {
    await expect(start({ args: ['--no-such-option', '1'] })).rejects.toThrow(
      /did not start[^]*no-such-option/,
    );
    const { port } = await start();
    await expect(start({ port })).rejects.toThrow(/did not start[^]*in use/i);
  });
});

describeWithRedis('the end and the pause of a RedisServer', () => {
  test.each(['stop', 'kill'] as const)('refuses connections after %s, once and again', async how => {
    const server = await start();
    await server[how]();
    await server[how]();
    await expect(server.command('PING')).rejects.toThrow('Connection is closed');
  });

  test('restarts on the same port with an empty memory', async () => {
    const server = await start();
    const { port } = server;
    await server.command('SET', 'key', 'value');
    await server.restart();
    expect(server.port).toBe(port);
    expect(await server.command('GET', 'key')).toBeNull();
  });

  test.each(['stop', 'kill'] as const)(
    'keeps what it acknowledged with persistence, through %s',
    async how => {
      const server = await start({ persistence: true });
      await server.command('SET', 'key', 'value');
      await server[how]();
      await server.restart();
      expect(await server.command('GET', 'key')).toBe('value');
    },
  );

  test('answers what arrived during a pause after it', async () => {
    const server = await start();
    await server.pause();
    let answered = false;
    const client = new Redis(server.url);
    const answer = client.set('key', 'value').then(() => (answered = true));
    await eventually(() => client.status === 'connect', { what: 'the kernel accepts the connection' });
    expect(answered).toBe(false);
    await server.resume();
    expect(await answer).toBe(true);
    client.disconnect();
  });

  test.each(['stop', 'kill'] as const)('ends a paused server too, by %s', async how => {
    const server = await start();
    await server.pause();
    await server[how]();
    await server.restart();
    expect(await server.command('PING')).toBe('PONG');
  });
});

describeWithRedis('RedisServer, disposed', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await RedisServer.start();
  });

  test('leaves nothing behind', async () => {
    await server.dispose();
    await server.dispose();
    await expect(server.command('PING')).rejects.toThrow('Connection is closed');
  });
});

import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';

import { InvalidOptionsError, StaleTermError } from '../../lib/core/errors/errors.js';
import { FencedRedis, type FencingClient } from '../../lib/fencing/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';

const OLDER = { token: 1_790_000_000_001 };
const NEWER = { token: 1_790_000_000_002 };
let server: RedisServer;
let redis: Redis;
let fenced: FencedRedis;
const others: { disconnect(): void }[] = [];

const closedAfterwards = <Client extends { disconnect(): void }>(client: Client): Client => {
  others.push(client);
  return client;
};

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
  fenced = new FencedRedis(redis);
});
afterEach(async () => {
  for (const client of others.splice(0)) client.disconnect();
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.dispose();
});

describeWithRedis('a fenced write', () => {
  it('is applied, with the reply of its command', async () => {
    expect(await fenced.write(OLDER, 'SET', 'k', 'v')).toBe('OK');
    expect(await fenced.write(OLDER, 'INCRBY', 'n', 5)).toBe(5);
    expect(await fenced.write(OLDER, 'GETDEL', 'nothing')).toBeNull();
    expect(await fenced.write(OLDER, 'ZADD', 'z', 1.5, 'a', 2, 'b')).toBe(2);
    expect(await fenced.write(OLDER, 'ZPOPMIN', 'z')).toEqual(['a', '1.5']);
    expect(await redis.get('k')).toBe('v');
  });

  it('is refused to an older token, and changes nothing', async () => {
    await fenced.write(NEWER, 'SET', 'k', 'new');
    const refused = fenced.write(OLDER, 'SET', 'k', 'old');
    await expect(refused).rejects.toThrow(StaleTermError);
    await expect(refused).rejects.toMatchObject({
      code: 'STALE_TERM',
      received: { token: OLDER.token, newer: NEWER.token },
      message: expect.stringContaining('A newer term has written k'),
    });
    expect(await redis.get('k')).toBe('new');
    expect(await redis.get('{k}:fence-token')).toBe(String(NEWER.token));
  });

  it('is open to an equal token, and locks the older out once a newer has written', async () => {
    await fenced.write(OLDER, 'APPEND', 'k', 'a');
    await fenced.write(OLDER, 'APPEND', 'k', 'b');
    await fenced.write(NEWER, 'APPEND', 'k', 'c');
    await expect(fenced.write(OLDER, 'APPEND', 'k', 'd')).rejects.toThrow(StaleTermError);
    expect(await redis.get('k')).toBe('abc');
  });

  it('concerns its own key only', async () => {
    await fenced.write(NEWER, 'SET', 'a:{t}', 1);
    await fenced.write(OLDER, 'SET', 'b:{t}', 1);
    await fenced.write(OLDER, 'SET', 't', 1);
    expect(await redis.get('b:{t}')).toBe('1');
  });

  it('is remembered when the key itself is gone', async () => {
    await fenced.write(OLDER, 'SET', 'k', 'v');
    await fenced.write(NEWER, 'DEL', 'k');
    await expect(fenced.write(OLDER, 'SET', 'k', 'v')).rejects.toThrow(StaleTermError);
    expect(await redis.exists('k')).toBe(0);
    expect(await redis.pttl('{k}:fence-token')).toBe(-1);
  });

  it('whose command fails says so, and leaves the fence as it was', async () => {
    await redis.lpush('k', 'an entry');
    await fenced.write(OLDER, 'LPUSH', 'k', 'another');
    await expect(fenced.write(NEWER, 'INCR', 'k')).rejects.toThrow(/^WRONGTYPE/);
    expect(await redis.get('{k}:fence-token')).toBe(String(OLDER.token));
    expect(await fenced.write(OLDER, 'LPUSH', 'k', 'a third')).toBe(3);
  });

  it('is refused when the fence holds no token', async () => {
    await redis.set('{k}:fence-token', 'soon');
    await expect(fenced.write(NEWER, 'SET', 'k', 'v')).rejects.toThrow(/does not hold a token/);
    expect(await redis.exists('k')).toBe(0);
  });
});

describeWithRedis('the script and the fence of a write', () => {
  it('carries bytes as they are', async () => {
    const bytes = Uint8Array.of(0, 255, 13, 10, 123);
    await fenced.write(OLDER, 'HSET', 'h', 'field', bytes.subarray(1));
    expect(await redis.hgetBuffer('h', 'field')).toEqual(Buffer.from(bytes.subarray(1)));
  });

  it('goes on when the server has forgotten the script', async () => {
    await redis.script('FLUSH');
    expect(await fenced.write(OLDER, 'SET', 'k', 1)).toBe('OK');
    expect(await fenced.write(OLDER, 'SET', 'k', 2)).toBe('OK');
  });

  it('has a fence that lives for the requested ttl after the last write', async () => {
    const forgetful = new FencedRedis(redis, { ttl: '1h' });
    await forgetful.write(OLDER, 'SET', 'k', 1);
    await redis.pexpire('{k}:fence-token', 1000);
    await forgetful.write(OLDER, 'SET', 'k', 2);
    expect(await redis.pttl('{k}:fence-token')).toBeGreaterThan(3_500_000);
  });

  it('keeps the write of the newest of the terms that write at the same time', async () => {
    const clients = [1, 2, 3, 4].map(() => closedAfterwards(new Redis(server.url)));
    const writes = clients.flatMap((client, index) =>
      Array.from({ length: 50 }, (_, n) =>
        new FencedRedis(client).write(
          { token: OLDER.token + ((n + index) % 5) },
          'SET',
          'k',
          (n + index) % 5,
        ),
      ),
    );
    const outcomes = await Promise.allSettled(writes);
    const refusals = outcomes
      .filter(outcome => outcome.status === 'rejected')
      .map(({ reason }) => reason.code);
    expect(refusals.length).toBeLessThan(outcomes.length);
    expect(new Set([...refusals, 'STALE_TERM'])).toEqual(new Set(['STALE_TERM']));
    expect(await redis.get('k')).toBe('4');
    expect(await redis.get('{k}:fence-token')).toBe(String(OLDER.token + 4));
  });
});

describeWithRedis('a client or an option of fenced writes', () => {
  it('puts its fence behind the prefix of the client', async () => {
    const client = closedAfterwards(new Redis(server.url, { keyPrefix: 'app:' }));
    await new FencedRedis(client).write(OLDER, 'SET', 'k', 'v');
    expect((await redis.keys('*')).toSorted()).toEqual(['app:k', 'app:{app:k}:fence-token']);
  });

  it('works with ioredis 5', async () => {
    const older = new FencedRedis(closedAfterwards(new Redis5(server.url)));
    await fenced.write(NEWER, 'SET', 'k', 'v');
    await expect(older.write(OLDER, 'SET', 'k', 'w')).rejects.toThrow(StaleTermError);
    expect(await older.write(NEWER, 'SET', 'k', 'w')).toBe('OK');
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'a command of several keys',
      () => fenced.write(OLDER, 'MSET' as 'SET', 'a', 1, 'b', 2),
      /received 'MSET'/,
    ],
    [
      'a command that is a script',
      () => fenced.write(OLDER, 'EVAL' as 'SET', 'return 1', 0),
      /cannot be fenced/,
    ],
    ['a second key to delete', () => fenced.write(OLDER, 'DEL', 'a', 'b'), /one key at a time/],
    ['a token that is none', () => fenced.write({ token: NaN }, 'SET', 'a', 1), /received NaN/],
    ['a key whose slot no other name has', () => fenced.write(OLDER, 'SET', 'a}b', 1), /lone '}'/],
  ])('refuses %s', async (_, write, message) => {
    await expect(write()).rejects.toThrow(InvalidOptionsError);
    await expect(write()).rejects.toThrow(message);
    expect(await redis.dbsize()).toBe(0);
  });

  it.each([0, '30s', '7', 'soon'])('refuses a fence that lives for %j', ttl =>
    expect(() => new FencedRedis(redis, { ttl })).toThrow(InvalidOptionsError),
  );
});

describeWithRedis('a fenced write on a Redis Cluster', () => {
  let node: RedisServer;
  const clients: Cluster[] = [];

  beforeAll(async () => {
    node = await RedisServer.start({
      args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
    });
    await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually(async () => /cluster_state:ok/.test(String(await node.command('CLUSTER', 'INFO'))));
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await node.dispose();
  });

  const cluster = (options: ConstructorParameters<typeof Cluster>[1] = {}): FencingClient => {
    const client = new Cluster([{ host: '127.0.0.1', port: node.port }], options);
    clients.push(client);
    return client;
  };

  // A cluster of one refuses keys of two slots as any other does.
  it.each([
    ['without a hash tag', '', 'invoices:last'],
    ['with one', '', 'invoices:{berlin}:last'],
    ['behind a prefix', 'app:', 'invoices:last'],
    ['behind a prefix, with a hash tag', 'app:', 'invoices:{berlin}:last'],
    ['behind a prefix with a hash tag', '{app}:', 'invoices:last'],
    ['that has an opening brace only', '', 'invoices{last'],
  ])('finds the fence in the slot of a key %s', async (_, keyPrefix, key) => {
    const inCluster = new FencedRedis(cluster({ keyPrefix }));
    expect(await inCluster.write(NEWER, 'SET', key, 'new')).toBe('OK');
    await expect(inCluster.write(OLDER, 'SET', key, 'old')).rejects.toThrow(StaleTermError);
    expect(await node.command('GET', keyPrefix + key)).toBe('new');
    await node.command('FLUSHALL');
  });
});

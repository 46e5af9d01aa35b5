import { afterEach, expect, it } from '@jest/globals';
import { Redis as Redis5 } from 'ioredis-5';

import type { RedisInput } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { BY_TTL_MS, host, leadsAfter, LONG, SHORT, SOON_MS, usePods } from './use-pods.js';

const { apps, logged, pods, redisServer } = usePods();
const clients: Redis5[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

/** The pods duplicate such a client, which is the test's own to close. */
const handedOver = (client: Redis5): RedisInput => {
  clients.push(client);
  return client;
};
const byFactory =
  (port: number): RedisInput =>
  ({ options }) =>
    new Redis5(port, host, options);

type Pair = Awaited<ReturnType<typeof pods>>;

/** Presence is recorded with a renewal after the connection for it has been opened. */
const isPresent = ({ term }: Pair) =>
  eventually(async () => (await term('presence')) === '1', { what: 'the presence is recorded' });

/** The connections for presence that the server has. */
const presences = async () => {
  const list = String(await redisServer().command('CLIENT', 'LIST'));
  const found = list.matchAll(/^id=(\d+) addr=127\.0\.0\.1:(\d+) .*name=leader-schedule:presence /gm);
  return [...found].map(([, id = '', port]) => ({ id, port: Number(port) }));
};

const kill = async (id: string) => Number(await redisServer().command('CLIENT', 'KILL', 'ID', id));

describeWithRedis('two pods with RESP2', () => {
  it('hand over long before the ttl when the connections of the leader are gone', async () => {
    const cases: Record<string, (port: number) => RedisInput> = {
      'ioredis 6 with RESP2': port => ({ host, port, protocol: 2 }),
      'a factory with ioredis 5': byFactory,
      'a client of ioredis 5': port => handedOver(new Redis5(port, host, { keyPrefix: 'other:' })),
    };
    const seen = Object.entries(cases).map(async ([name, redisOn]) => {
      const pair = await pods(LONG, redisOn);
      await isPresent(pair);
      const tookMs = await leadsAfter(pair.second, () => pair.first.proxy.refuse());
      return [name, tookMs < SOON_MS ? 'soon' : `after ${tookMs} ms`];
    });
    expect(await Promise.all(seen)).toEqual(Object.keys(cases).map(name => [name, 'soon']));
    expect(logged('Fast takeover is off')).toBe(false);
  });

  it('stay with a leader whose presence is killed again and again while its lease is in order', async () => {
    const pair = await pods(SHORT, byFactory);
    const { first, second, renewals } = pair;
    await isPresent(pair);
    const { token } = first.election.term ?? {};
    let killed = 0;
    for (const until = performance.now() + 6 * SECOND; performance.now() < until;)
      for (const { id } of await presences()) killed += await kill(id);
    expect(killed).toBeGreaterThan(10);
    await renewals(2);
    expect(first.election.isLeader()).toBe(true);
    expect(first.election.term?.token).toBe(token);
    // At most suspended, for as long as a renewal takes.
    const reasons = first.changes.map(change => (change.isLeader ? 'leads' : change.reason));
    expect(new Set(reasons)).toEqual(new Set(['following', 'leads', 'suspended']));
    expect(second.changes).toHaveLength(1);
    await isPresent(pair);
    expect(await leadsAfter(second, () => first.proxy.refuse())).toBeLessThan(SOON_MS);
  });
});

describeWithRedis('two pods with a connection for presence', () => {
  it('stay with a leader whose presence the server has dropped while no pod knows it', async () => {
    const pair = await pods({ ttl: '30s', interval: '10s' }, byFactory);
    const { first, second, term } = pair;
    await isPresent(pair);
    const { token } = first.election.term ?? {};
    const renewedAt = await term('renewedAt');
    // As a proxy does that closes its side towards the server only.
    const severed = (await presences()).filter(({ port }) => first.proxy.sever(port));
    expect(severed).toHaveLength(1);
    await eventually(async () => (await term('renewedAt')) !== renewedAt, { what: 'the leader renews' });
    expect(await term('presence')).toBe('0');
    await isPresent(pair);
    expect(first.election.term?.token).toBe(token);
    expect(second.changes).toHaveLength(1);
  });

  it('close all their connections at shutdown', async () => {
    await pods(SHORT, byFactory);
    expect(await presences()).toHaveLength(2);
    await Promise.all(apps.splice(0).map(app => app.close()));
    const mine = async () =>
      String(await redisServer().command('CLIENT', 'LIST')).includes('leader-schedule:');
    await eventually(async () => !(await mine()), { what: 'no connection is left' });
  });

  it('hand over by the ttl when no second connection can be made', async () => {
    const redisOn =
      (port: number): RedisInput =>
      ({ role, options }) => {
        if (role === 'presence') throw new Error('there is none');
        return new Redis5(port, host, options);
      };
    const { first, second, term } = await pods(SHORT, redisOn);
    expect(logged('a connection of its own could not be made: The redis factory threw: there is none')).toBe(
      true,
    );
    expect(await term('presence')).toBe('0');
    expect(await leadsAfter(second, () => first.proxy.refuse())).toBeGreaterThan(BY_TTL_MS);
  });
});

import { afterEach, expect, it } from '@jest/globals';
import { Redis as Redis5 } from 'ioredis-5';

import {
  createRedisStores,
  loadIoredis,
  type RedisStores,
} from '../../lib/adapters/redis/create-redis-stores.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import type { RedisInput } from '../../lib/index.js';
import type { LeaseSignal } from '../../lib/ports/lease-store.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { useRedisServer } from '../support/use-redis-server.js';

const GONE_MS = 250;
const never = new AbortController().signal;
const redisServer = useRedisServer();
const opened: RedisStores[] = [];
let leases = 0;

afterEach(async () => {
  await Promise.all(opened.splice(0).map(stores => stores.close()));
});

const byIoredis5: RedisInput = ({ options }) => new Redis5(redisServer().url, options);

/** A candidate with its stores, and what they report of the election. */
async function candidate(podId: string, leaseKey: string, redis: RedisInput, presenceOf?: string) {
  await loadIoredis(redis);
  const stores = createRedisStores({
    redis,
    leaseKey,
    commandTimeoutMs: SECOND,
    clock: new SystemClock(),
    presenceOf,
    replicas: undefined,
  });
  opened.push(stores);
  const received: LeaseSignal[] = [];
  stores.lease.watch(signal => received.push(signal));
  stores.open();
  expect((await stores.facts()).slowTakeover).toBeUndefined();
  const base = { podId, ttlMs: 30 * SECOND };
  const acquire = () => stores.lease.acquire({ ...base, endedToken: 0, evidence: true, watched: [] }, never);
  const renew = (token: number) => stores.lease.renew({ ...base, token }, never);
  const kinds = () => received.map(({ kind }) => kind);
  return { stores, received, kinds, acquire, renew };
}

/** The lease of A, which B may judge. */
async function pair(redis: RedisInput, presenceOf: string | undefined) {
  const key = `presence:${(leases += 1)}`;
  const [a, b] = [await candidate('a', key, redis, presenceOf), await candidate('b', key, redis, 'b')];
  const answer = await a.acquire();
  if (answer.kind !== 'acquired') throw new Error(`A has not got the lease: ${answer.kind}`);
  const { token } = answer;
  const term = (field: string) => redisServer().command('HGET', `{${key}}:term`, field);
  const setTerm = (field: string, value: string) =>
    redisServer().command('HSET', `{${key}}:term`, field, value);
  return { a, b, token, term, setTerm };
}

async function killPresence(): Promise<void> {
  const list = String(await redisServer().command('CLIENT', 'LIST'));
  for (const [, id = ''] of list.matchAll(/^id=(\d+) .*name=leader-schedule:presence /gm))
    await redisServer().command('CLIENT', 'KILL', 'ID', id);
}

describeWithRedis('a candidate whose presence has a connection of its own', () => {
  it('is present from its acquisition on, and is followed when that is missing twice', async () => {
    const { a, b, token, term } = await pair(byIoredis5, 'a');
    expect(await term('presence')).toBe('1');
    expect(await b.acquire()).toMatchObject({ kind: 'held', presence: true, missingMs: undefined });
    await a.stores.close();
    expect(await b.acquire()).toMatchObject({ kind: 'held', token, missingMs: GONE_MS });
    const from = performance.now();
    await eventually(async () => (await b.acquire()).kind === 'acquired', { what: 'B follows' });
    expect(performance.now() - from).toBeGreaterThan(GONE_MS - 10);
  });

  it('is there for a probe until it is missing, and again when an acquisition has found it back', async () => {
    const { a, b, token, setTerm } = await pair(byIoredis5, 'a');
    const probe = (podId: string, ofToken: number) =>
      b.stores.lease.probe({ podId, token: ofToken }, never).then(({ kind }) => kind);
    expect([await probe('a', token), await probe('b', token), await probe('a', token - 1)]).toEqual([
      'there',
      'changed',
      'changed',
    ]);
    await setTerm('missingSince', '1');
    expect(await probe('a', token)).toBe('changed');
    expect(await b.acquire()).toMatchObject({ kind: 'held', missingMs: undefined });
    expect(await probe('a', token)).toBe('there');
    await a.stores.close();
    expect(await probe('a', token)).toBe('changed');
  });

  it('is notified when its presence is lost and when it is back, and records both with its renewals', async () => {
    const { a, token, term } = await pair(byIoredis5, 'a');
    await killPresence();
    await eventually(() => a.kinds().includes('presence-lost'), { what: 'A knows its loss' });
    await eventually(() => a.kinds().filter(kind => kind === 'presence-found').length === 2, {
      what: 'it is back',
    });
    await a.renew(token);
    expect(await term('presence')).toBe('1');
    expect(a.kinds()).not.toContain('disconnected');
  });

  it('is notified of the first finding of another one, once; its renewal clears that', async () => {
    const { a, b, token, term, setTerm } = await pair(byIoredis5, undefined);
    // The server has seen it, and does no more.
    await setTerm('presence', '1');
    expect(await b.acquire()).toMatchObject({ kind: 'held', missingMs: GONE_MS });
    expect(await b.acquire()).toMatchObject({ kind: 'held', missingMs: expect.any(Number) });
    await eventually(() => a.kinds().includes('holder-missing'), { what: 'A knows that it is missed' });
    expect(a.received.filter(({ kind }) => kind === 'holder-missing')).toEqual([
      { kind: 'holder-missing', token },
    ]);
    await a.renew(token);
    expect(await term('missingSince')).toBeNull();
    expect(await b.acquire()).toMatchObject({ kind: 'held', token, presence: false, missingMs: undefined });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';

import { RamLeaseStore } from '../../lib/adapters/ram/ram-lease-store.js';
import {
  createRedisStores,
  loadIoredis,
  type RedisStores,
} from '../../lib/adapters/redis/create-redis-stores.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import type { LeaseSignal, LeaseStore } from '../../lib/ports/lease-store.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { MINUTE, SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { eachAdapter } from '../support/each-adapter.js';
import { useRedisServer } from '../support/use-redis-server.js';

/** A store for two candidates, empty, and a way to let time pass until a lease has ended. */
interface Subject {
  readonly store: LeaseStore;
  readonly received: LeaseSignal['kind'][];
  readonly lapse: (store: LeaseStore) => Promise<unknown>;
}
const never = new AbortController().signal;
const TTL_MS = 300;
const AS_A = { podId: 'a', ttlMs: TTL_MS, endedToken: 0, evidence: false, watched: [] };
const AS_B = { ...AS_A, podId: 'b' };

const redisServer = useRedisServer();
const opened: RedisStores[] = [];
let leases = 0;
afterEach(async () => {
  await Promise.all(opened.splice(0).map(stores => stores.close()));
});

async function inRam(): Promise<Subject> {
  const clock = new VirtualClock();
  const store = new RamLeaseStore(clock);
  const received: LeaseSignal['kind'][] = [];
  store.watch(signal => received.push(signal.kind));
  return { store, received, lapse: () => clock.advance(TTL_MS) };
}

async function inRedis(): Promise<Subject & { readonly key: string }> {
  const key = `lease:${(leases += 1)}`;
  await loadIoredis(redisServer().url);
  const stores = createRedisStores({
    redis: redisServer().url,
    leaseKey: key,
    commandTimeoutMs: SECOND,
    clock: new SystemClock(),
    presenceOf: undefined,
    replicas: undefined,
  });
  const store = stores.lease;
  opened.push(stores);
  const received: LeaseSignal['kind'][] = [];
  store.watch(signal => received.push(signal.kind));
  stores.open();
  await eventually(() => received.includes('connected'), { what: 'the store is connected' });
  const listens = async () =>
    String(await redisServer().command('PUBSUB', 'NUMSUB', `{${key}}:events`)).endsWith(',1');
  await eventually(listens, { what: 'the store listens' });
  const lapse = (of: LeaseStore) =>
    eventually(async () => (await of.read(never)).kind === 'free', { what: 'the lease has expired' });
  return { store, received, lapse, key };
}

const adapters = eachAdapter<{ readonly name: string; readonly open: () => Promise<Subject> }>(
  { name: 'RAM', open: inRam },
  { name: 'Redis', open: inRedis },
);

/** A store whose lease `a` holds. */
async function held(open: () => Promise<Subject>) {
  const subject = await open();
  const answer = await subject.store.acquire({ ...AS_A, ttlMs: MINUTE }, never);
  if (answer.kind !== 'acquired') throw new Error(`not acquired: ${answer.kind}`);
  return { ...subject, token: answer.token };
}

describe.each(adapters)('the lease in $name', ({ open }) => {
  it('grants a free lease', async () => {
    const { store } = await open();
    expect(await store.acquire(AS_A, never)).toMatchObject({ kind: 'acquired', token: expect.any(Number) });
  });

  it('reports its holder and its remaining time to another candidate', async () => {
    const { store, token } = await held(open);
    const answer = await store.acquire(AS_B, never);
    expect(answer).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(answer.kind === 'held' && answer.remainingMs).toBeGreaterThan(50 * SECOND);
  });

  it('names a holder that has crashed, with its token, until its lease has expired', async () => {
    const { store, lapse } = await open();
    const { token } = (await store.acquire(AS_A, never)) as { readonly token: number };
    expect(await store.read(never)).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(await store.acquire(AS_B, never)).toMatchObject({ kind: 'held', holder: 'a', token });
    await lapse(store);
    expect(await store.read(never)).toEqual({ kind: 'free' });
  });

  it('returns the same term to its holder, whose reply was lost', async () => {
    const { store, token } = await held(open);
    expect(await store.acquire(AS_A, never)).toMatchObject({ kind: 'acquired', token });
  });

  it('gives a new term to a holder that has ended the one it has', async () => {
    const { store, token } = await held(open);
    const answer = await store.acquire({ ...AS_A, endedToken: token }, never);
    expect(answer.kind).toBe('acquired');
    expect('token' in answer && answer.token).toBeGreaterThan(token);
    expect(await store.renew({ ...AS_A, token }, never)).toEqual({ kind: 'lost' });
  });

  it('grants a lapsed lease with a higher token', async () => {
    const { store, lapse } = await open();
    const first = await store.acquire(AS_A, never);
    await lapse(store);
    const second = await store.acquire(AS_B, never);
    expect(second.kind).toBe('acquired');
    expect('token' in second && second.token).toBeGreaterThan('token' in first ? first.token : Infinity);
  });

  it('shows who leads', async () => {
    const { store, token } = await held(open);
    expect(await store.read(never)).toMatchObject({
      kind: 'held',
      holder: 'a',
      token,
      acquiredAt: expect.any(Number),
    });
  });
});

describe.each(adapters)('the end of a lease in $name', ({ open }) => {
  it('renews for its holder only, and only this term', async () => {
    const { store, token } = await held(open);
    expect(await store.renew({ ...AS_A, token }, never)).toMatchObject({
      kind: 'renewed',
      unfinished: 0,
      now: expect.any(Number),
    });
    expect(await store.renew({ ...AS_B, token }, never)).toEqual({ kind: 'lost' });
    expect(await store.renew({ ...AS_A, token: token - 1 }, never)).toEqual({ kind: 'lost' });
  });

  it('never re-creates a lease that is gone', async () => {
    const { store, lapse } = await open();
    const answer = await store.acquire(AS_A, never);
    const token = answer.kind === 'acquired' ? answer.token : 0;
    await lapse(store);
    expect(await store.renew({ ...AS_A, token }, never)).toEqual({ kind: 'lost' });
    expect(await store.read(never)).toEqual({ kind: 'free' });
  });

  it('frees a lease that is resigned, signals it, and answers the same when resigned again', async () => {
    const { store, token, received } = await held(open);
    expect(await store.resign({ podId: 'a', token }, never)).toEqual({ kind: 'resigned' });
    expect(await store.resign({ podId: 'a', token }, never)).toEqual({ kind: 'resigned' });
    await eventually(() => received.includes('resigned'), { what: 'the resignation is received' });
    expect(await store.acquire(AS_B, never)).toMatchObject({ kind: 'acquired' });
    expect(await store.resign({ podId: 'a', token }, never)).toEqual({ kind: 'lost' });
  });

  it('does not let a stranger resign', async () => {
    const { store, token } = await held(open);
    expect(await store.resign({ podId: 'b', token }, never)).toEqual({ kind: 'lost' });
    expect(await store.read(never)).toMatchObject({ kind: 'held', holder: 'a' });
  });
});

describeWithRedis('the lease in Redis only', () => {
  it('makes candidates wait when the key was deleted but its term may still be trusted', async () => {
    const { store, key } = await inRedis();
    await store.acquire({ ...AS_A, ttlMs: MINUTE }, never);
    await redisServer().command('DEL', key);
    expect(await store.acquire({ ...AS_A, podId: 'b' }, never)).toMatchObject({ kind: 'wait' });
  });

  it('makes them wait for as long as the ttl of its holder, which may be longer than their own', async () => {
    const { store, key } = await inRedis();
    await store.acquire({ ...AS_A, ttlMs: MINUTE }, never);
    await redisServer().command('DEL', key);
    for (const question of [1, 2]) {
      const answer = await store.acquire({ ...AS_A, podId: 'b' }, never);
      expect({ question, answer }).toMatchObject({ question, answer: { kind: 'wait' } });
      expect(answer.kind === 'wait' && answer.remainingMs).toBeGreaterThan(50 * SECOND);
    }
  });

  it('follows the holder of a key that was set manually', async () => {
    const { store, key } = await inRedis();
    await redisServer().command('SET', key, 'maintenance', 'PX', MINUTE);
    expect(await store.acquire({ ...AS_A, podId: 'b' }, never)).toMatchObject({
      kind: 'held',
      holder: 'maintenance',
      token: 0,
    });
    await redisServer().command('PERSIST', key);
    const answer = await store.acquire({ ...AS_A, podId: 'b' }, never);
    // No longer than a lease: without an end it would hold up the jobs for ever.
    expect(answer.kind === 'held' && answer.remainingMs).toBeLessThanOrEqual(TTL_MS);
  });

  it('shows the watermarks of jobs beside one whose key was tampered with', async () => {
    const { store, key } = await inRedis();
    const watched = ['text', 'word', 'sound'];
    await redisServer().command('SET', `{${key}}:job:text`, 'x');
    await redisServer().command('HSET', `{${key}}:job:word`, 'hwm', '5', 'schedule', 's', 'barredAt', 'word');
    await redisServer().command('HSET', `{${key}}:job:sound`, 'hwm', '5', 'schedule', 's', 'barredAt', '7');
    await store.acquire({ ...AS_A, ttlMs: MINUTE }, never);
    expect(await store.acquire({ ...AS_A, podId: 'b', watched }, never)).toMatchObject({
      kind: 'held',
      watermarks: [undefined, { watermark: 5, schedule: 's' }, { watermark: 7, schedule: 's' }],
    });
  });

  it('sends a script again that the server has forgotten', async () => {
    const { store } = await inRedis();
    await store.read(never);
    await redisServer().command('SCRIPT', 'FLUSH');
    expect(await store.read(never)).toEqual({ kind: 'free' });
  });

  it('hands out a higher token than the server clock even where the fence was lost', async () => {
    const { store, key } = await inRedis();
    const first = await store.acquire(AS_A, never);
    await redisServer().command('DEL', key, `{${key}}:term`, `{${key}}:fence`);
    const second = await store.acquire({ ...AS_A, podId: 'b' }, never);
    expect('token' in second && second.token).toBeGreaterThan('token' in first ? first.token : Infinity);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { RamLeaseStore } from '../../lib/adapters/ram/ram-lease-store.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import { createRedisStores, type RedisStores } from '../../lib/adapters/redis/create-redis-stores.js';
import type { LeaseSignal, LeaseStore } from '../../lib/ports/lease-store.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** A store for two candidates, empty, and a way to let time pass until a lease has ended. */
interface Subject {
  readonly store: LeaseStore;
  readonly heard: LeaseSignal['kind'][];
  readonly lapse: (store: LeaseStore) => Promise<unknown>;
}

const never = new AbortController().signal;
const TTL = 300;
const AS_A = { candidateId: 'a', ttlMs: TTL, endedToken: 0, evidence: false, watched: [] };

/** The answers that every lease store gives. */
function answersAlike(makeSubject: () => Promise<Subject>): void {
  const asA = AS_A;
  const asB = { ...asA, candidateId: 'b' };

  const held = async () => {
    const subject = await makeSubject();
    const answer = await subject.store.acquire({ ...asA, ttlMs: 60_000 }, never);
    if (answer.kind !== 'acquired') throw new Error(`not acquired: ${answer.kind}`);
    return { ...subject, token: answer.token };
  };

  it('grants a free lease', async () => {
    const { store } = await makeSubject();
    expect(await store.acquire(asA, never)).toMatchObject({ kind: 'acquired', token: expect.any(Number) });
  });

  it('tells another candidate who holds it and for how long', async () => {
    const { store, token } = await held();
    const answer = await store.acquire(asB, never);
    expect(answer).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(answer.kind === 'held' && answer.remainingMs).toBeGreaterThan(50_000);
  });

  it('names a holder that has crashed, with its token, until its lease has expired', async () => {
    const { store, lapse } = await makeSubject();
    const { token } = (await store.acquire(asA, never)) as { readonly token: number };
    expect(await store.read(never)).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(await store.acquire(asB, never)).toMatchObject({ kind: 'held', holder: 'a', token });
    await lapse(store);
    expect(await store.read(never)).toEqual({ kind: 'free' });
  });

  it('returns the same term to its holder, whose reply was lost', async () => {
    const { store, token } = await held();
    expect(await store.acquire(asA, never)).toMatchObject({ kind: 'acquired', token });
  });

  it('gives a new term to a holder that has ended the one it has', async () => {
    const { store, token } = await held();
    const answer = await store.acquire({ ...asA, endedToken: token }, never);
    expect(answer.kind).toBe('acquired');
    expect('token' in answer && answer.token).toBeGreaterThan(token);
    expect(await store.renew({ ...asA, token }, never)).toEqual({ kind: 'lost' });
  });

  it('renews for its holder only, and only this term', async () => {
    const { store, token } = await held();
    expect(await store.renew({ ...asA, token }, never)).toMatchObject({
      kind: 'renewed',
      unfinished: 0,
      now: expect.any(Number),
    });
    expect(await store.renew({ ...asB, token }, never)).toEqual({ kind: 'lost' });
    expect(await store.renew({ ...asA, token: token - 1 }, never)).toEqual({ kind: 'lost' });
  });

  it('never re-creates a lease that is gone', async () => {
    const { store, lapse } = await makeSubject();
    const answer = await store.acquire(asA, never);
    const token = answer.kind === 'acquired' ? answer.token : 0;
    await lapse(store);
    expect(await store.renew({ ...asA, token }, never)).toEqual({ kind: 'lost' });
    expect(await store.read(never)).toEqual({ kind: 'free' });
  });

  it('grants a lapsed lease with a higher token', async () => {
    const { store, lapse } = await makeSubject();
    const first = await store.acquire(asA, never);
    await lapse(store);
    const second = await store.acquire(asB, never);
    expect(second.kind).toBe('acquired');
    expect('token' in second && second.token).toBeGreaterThan('token' in first ? first.token : Infinity);
  });

  it('frees a lease that is resigned, tells so, and says the same when asked again', async () => {
    const { store, token, heard } = await held();
    expect(await store.resign({ candidateId: 'a', token }, never)).toEqual({ kind: 'resigned' });
    expect(await store.resign({ candidateId: 'a', token }, never)).toEqual({ kind: 'resigned' });
    await eventually(() => heard.includes('resigned'), { what: 'the resignation is heard' });
    expect(await store.acquire(asB, never)).toMatchObject({ kind: 'acquired' });
    expect(await store.resign({ candidateId: 'a', token }, never)).toEqual({ kind: 'lost' });
  });

  it('does not let a stranger resign', async () => {
    const { store, token } = await held();
    expect(await store.resign({ candidateId: 'b', token }, never)).toEqual({ kind: 'lost' });
    expect(await store.read(never)).toMatchObject({ kind: 'held', holder: 'a' });
  });

  it('shows who leads', async () => {
    const { store, token } = await held();
    expect(await store.read(never)).toMatchObject({
      kind: 'held',
      holder: 'a',
      token,
      acquiredAt: expect.any(Number),
    });
  });
}

describe('the lease in RAM', () => {
  answersAlike(async () => {
    const clock = new VirtualClock();
    const store = new RamLeaseStore(clock);
    const heard: LeaseSignal['kind'][] = [];
    store.watch(signal => heard.push(signal.kind));
    return { store, heard, lapse: () => clock.advance(TTL) };
  });
});

describeWithRedis('the lease in Redis', () => {
  let server: RedisServer;
  let leases = 0;
  const open: RedisStores[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(async () => {
    await Promise.all(open.map(store => store.close()));
    await server.dispose();
  });

  const subject = async (key = `lease:${(leases += 1)}`) => {
    const stores = createRedisStores({
      redis: server.url,
      leaseKey: key,
      commandTimeoutMs: 1000,
      clock: new SystemClock(),
      presenceOf: undefined,
      replicas: undefined,
    });
    const store = stores.lease;
    open.push(stores);
    const heard: LeaseSignal['kind'][] = [];
    store.watch(signal => heard.push(signal.kind));
    stores.open();
    await eventually(() => heard.includes('connected'), { what: 'the store is connected' });
    await eventually(
      async () => String(await server.command('PUBSUB', 'NUMSUB', `{${key}}:events`)).endsWith(',1'),
      {
        what: 'the store listens',
      },
    );
    const lapse = (of: LeaseStore) =>
      eventually(async () => (await of.read(never)).kind === 'free', { what: 'the lease has lapsed' });
    return { store, heard, lapse, key };
  };

  answersAlike(() => subject());

  it('makes candidates wait when the key was deleted but its term may still be trusted', async () => {
    const { store, key } = await subject();
    await store.acquire({ ...AS_A, ttlMs: 60_000 }, never);
    await server.command('DEL', key);
    expect(await store.acquire({ ...AS_A, candidateId: 'b' }, never)).toMatchObject({ kind: 'wait' });
  });

  it('makes them wait for as long as the ttl of its holder, which may be longer than their own', async () => {
    const { store, key } = await subject();
    await store.acquire({ ...AS_A, ttlMs: 60_000 }, never);
    await server.command('DEL', key);
    for (const question of [1, 2]) {
      const answer = await store.acquire({ ...AS_A, candidateId: 'b' }, never);
      expect({ question, answer }).toMatchObject({ question, answer: { kind: 'wait' } });
      expect(answer.kind === 'wait' && answer.remainingMs).toBeGreaterThan(50_000);
    }
  });

  it('follows whatever holds a key that was set by hand', async () => {
    const { store, key } = await subject();
    await server.command('SET', key, 'maintenance', 'PX', '60000');
    expect(await store.acquire({ ...AS_A, candidateId: 'b' }, never)).toMatchObject({
      kind: 'held',
      holder: 'maintenance',
      token: 0,
    });
    await server.command('PERSIST', key);
    const answer = await store.acquire({ ...AS_A, candidateId: 'b' }, never);
    // No longer than a lease: without an end it would hold up the jobs for ever.
    expect(answer.kind === 'held' && answer.remainingMs).toBeLessThanOrEqual(TTL);
  });

  it('shows the marks of jobs beside one whose key was tampered with', async () => {
    const { store, key } = await subject();
    const watched = ['text', 'word', 'sound'];
    await server.command('SET', `{${key}}:job:text`, 'x');
    await server.command('HSET', `{${key}}:job:word`, 'hwm', '5', 'schedule', 's', 'barredAt', 'word');
    await server.command('HSET', `{${key}}:job:sound`, 'hwm', '5', 'schedule', 's', 'barredAt', '7');
    await store.acquire({ ...AS_A, ttlMs: 60_000 }, never);
    expect(await store.acquire({ ...AS_A, candidateId: 'b', watched }, never)).toMatchObject({
      kind: 'held',
      marks: [undefined, { mark: 5, schedule: 's' }, { mark: 7, schedule: 's' }],
    });
  });

  it('sends a script again that the server has forgotten', async () => {
    const { store } = await subject();
    await store.read(never);
    await server.command('SCRIPT', 'FLUSH');
    expect(await store.read(never)).toEqual({ kind: 'free' });
  });

  it('hands out a higher token than the server clock even where the fence was lost', async () => {
    const { store, key } = await subject();
    const first = await store.acquire(AS_A, never);
    await server.command('DEL', key, `{${key}}:term`, `{${key}}:fence`);
    const second = await store.acquire({ ...AS_A, candidateId: 'b' }, never);
    expect('token' in second && second.token).toBeGreaterThan('token' in first ? first.token : Infinity);
  });
});

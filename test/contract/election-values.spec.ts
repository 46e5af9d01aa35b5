import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import { createRedisStores, type RedisStores } from '../../lib/adapters/redis/create-redis-stores.js';
import { redisKeys, type RedisKeys } from '../../lib/adapters/redis/redis-keys.js';
import type { InvalidValue } from '../../lib/ports/invalid-value.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { GARBAGE } from '../support/garbage.js';
import { RedisServer } from '../support/redis-server.js';

const never = new AbortController().signal;
const TTL = 300;
/** Does not expire while a test runs. */
const LONG_AS_A = { candidateId: 'a', ttlMs: 60_000, endedToken: 0, evidence: false, watched: [] };
const JOB_SET = `1-${'a'.repeat(32)}`;
const FIELDS = ['token', 'acquiredAt', 'renewedAt', 'expiresAt', 'resigned', 'presence', 'missingSince'];
const ANOTHER_TYPE = 'a key of another type';
const BAD_VALUES = Object.entries(GARBAGE);

describeWithRedis('the election in Redis, where a value was tampered with', () => {
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

  const subject = async () => {
    const found: InvalidValue[] = [];
    const leaseKey = `election:${(leases += 1)}`;
    const stores = createRedisStores({
      redis: server.url,
      leaseKey,
      commandTimeoutMs: 1000,
      clock: new SystemClock(),
      presenceOf: undefined,
      replicas: undefined,
      onInvalid: one => found.push(one),
    });
    open.push(stores);
    let isOpen = false;
    stores.lease.watch(({ kind }) => (isOpen ||= kind === 'connected'));
    stores.open();
    await eventually(() => isOpen, { what: 'the store is connected' });
    const keys = redisKeys(leaseKey);
    const acquire = (candidateId: string) =>
      stores.lease.acquire({ candidateId, ttlMs: TTL, endedToken: 0, evidence: false, watched: [] }, never);
    /** The term of a candidate, which it gets within a ttl and a bit. */
    const lead = async (candidateId: string) => {
      let token = 0;
      const asks = async () => {
        const answer = await acquire(candidateId);
        if (answer.kind === 'acquired') token = answer.token;
        return answer.kind === 'acquired';
      };
      await eventually(asks, { within: 10 * TTL, every: 20, what: `${candidateId} leads` });
      return token;
    };
    const renew = (candidateId: string, token: number) =>
      stores.lease.renew({ candidateId, token, ttlMs: TTL }, never);
    /** Renews, and tells of a page of a job set; answers what is told of candidates. */
    const renewAs = async (candidateId: string, token: number) => {
      const page = { index: 0, bytes: 1 };
      const told = { state: 'up', distrustedUntil: 0, rival: '', staleMs: 60_000 } as const;
      const candidacy = { jobSet: JOB_SET, page, intervalMs: 300, ttlMs: TTL, ...told };
      const answer = await stores.lease.renew({ candidateId, token, ttlMs: TTL, candidacy }, never);
      return answer.kind === 'renewed' ? answer.candidates : undefined;
    };
    const resign = (candidateId: string, token: number) => stores.lease.resign({ candidateId, token }, never);
    return { stores, keys, found, acquire, lead, renew, renewAs, resign };
  };

  it.each(BAD_VALUES)('a lease that reads %s holds nobody up for longer than a ttl', async (_, value) => {
    const { keys, found, lead, renew } = await subject();
    const first = await lead('a');
    await server.command('SET', keys.lease, value);
    expect(await renew('a', first)).toEqual({ kind: 'lost' });
    expect(await lead('b')).toBeGreaterThan(first);
    expect(found).toContainEqual(expect.objectContaining({ key: keys.lease, action: 'clamped' }));
  });

  it('the lease of a term is left as it is, though its ttl is longer than that of who asks', async () => {
    const { stores, keys, found, acquire } = await subject();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(Number(await server.command('PTTL', keys.lease))).toBeGreaterThan(TTL);
    expect(found).toEqual([]);
  });

  /** As it stands after the clock of Redis was set back: instants that were stored lie so much further ahead. */
  const setBack = async ({ lease, term }: RedisKeys, byMs: number) => {
    for (const field of ['renewedAt', 'expiresAt']) await server.command('HINCRBY', term, field, byMs);
    await server.command('PEXPIREAT', lease, String(await server.command('HGET', term, 'expiresAt')));
  };

  it('a lease that outlives its ttl because the clock of Redis was set back is brought back to it', async () => {
    const { keys, found, acquire, lead } = await subject();
    const first = await lead('a');
    await setBack(keys, 600_000);
    expect(Number(await server.command('PTTL', keys.lease))).toBeGreaterThan(590_000);
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token: first, remainingMs: TTL });
    expect(found).toEqual([{ key: keys.lease, field: '', value: `a|${first}`, action: 'clamped' }]);
    expect(await lead('b')).toBeGreaterThan(first);
    expect(found).toHaveLength(1);
  });

  it('after the clock of Redis was set back a lease lasts for as long as its own ttl, whoever asks', async () => {
    const { stores, keys, acquire } = await subject();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    await setBack(keys, 600_000);
    const remainingMs = LONG_AS_A.ttlMs;
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token, remainingMs });
    // Its holder renews it as ever.
    expect(await stores.lease.renew({ ...LONG_AS_A, token }, never)).toMatchObject({ kind: 'renewed' });
    expect(await server.command('PTTL', keys.lease)).toBeGreaterThan(remainingMs - 1000);
  });

  it('a lease that lasts longer than its term says is left to its holder', async () => {
    const { stores, keys, found, acquire } = await subject();
    await stores.lease.acquire(LONG_AS_A, never);
    await server.command('PEXPIRE', keys.lease, 600_000);
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a' });
    expect(Number(await server.command('PTTL', keys.lease))).toBeGreaterThan(590_000);
    expect(found).toEqual([]);
  });

  it('a lease that the term does not know was set by hand: nobody leads, and it stays until it expires', async () => {
    const { stores, keys, found, acquire, lead } = await subject();
    const first = await lead('a');
    const values = ['someone|5', `b|${first}`, `a|${first + 1}`];
    for (const value of values) {
      await server.command('SET', keys.lease, value, 'PX', '3600000');
      const [holder] = value.split('|');
      for (let times = 0; times < 2; times += 1)
        expect(await acquire('c')).toMatchObject({ kind: 'held', holder, token: 0, presence: false });
      expect(await stores.lease.read(never)).toMatchObject({ holder, token: 0, acquiredAt: undefined });
    }
    expect(Number(await server.command('PTTL', keys.lease))).toBeGreaterThan(3_500_000);
    expect(found).toEqual(values.map(value => ({ key: keys.lease, field: '', value, action: 'ignored' })));
    await server.command('DEL', keys.lease);
    expect(await lead('b')).toBeGreaterThan(first);
  });

  it('a lease in a Redis that knows of no term was set by hand', async () => {
    const { stores, keys, found, acquire } = await subject();
    await server.command('SET', keys.lease, 'someone|5', 'PX', '3600000');
    expect(await acquire('c')).toMatchObject({ kind: 'held', holder: 'someone', token: 0 });
    expect(await stores.lease.read(never)).toMatchObject({ holder: 'someone', token: 0 });
    expect(found).toHaveLength(1);
  });

  it('a lease set by hand without an expiry gets one, and is reported once for that', async () => {
    const { keys, found, acquire, lead } = await subject();
    await lead('a');
    await server.command('SET', keys.lease, 'someone|5');
    expect(await acquire('c')).toMatchObject({ kind: 'held', token: 0 });
    expect(found).toEqual([{ key: keys.lease, field: '', value: 'someone|5', action: 'clamped' }]);
  });

  it.each<[string, readonly (readonly string[])[]]>([
    ['is lost', [['DEL']]],
    ['is lost, and 0.3 renews', [['DEL'], ['HSET', 'renewedAt', '1', 'expiresAt', '2', 'presence', '0']]],
    ['has another type', [['DEL'], ['RPUSH', 'x']]],
    ['has lost its holder', [['HDEL', 'holder']]],
    ['has a token that is no number', [['HSET', 'token', 'nan']]],
  ])('a leader is known as such while its term %s', async (_, commands) => {
    const { stores, keys, found, acquire } = await subject();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    for (const [name = '', ...args] of commands) await server.command(name, keys.term, ...args);
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(await stores.lease.read(never)).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(found.filter(({ key }) => key === keys.lease)).toEqual([]);
    expect(await stores.lease.renew({ ...LONG_AS_A, token }, never)).toMatchObject({ kind: 'renewed' });
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
  });

  it('a leader whose term and last token are lost is known again with its next renewal', async () => {
    const { stores, keys, acquire } = await subject();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    await server.command('DEL', keys.term, keys.fence);
    await stores.lease.renew({ ...LONG_AS_A, token }, never);
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(await stores.lease.read(never)).toMatchObject({ holder: 'a', token });
  });

  it('orders that cannot be counted are counted anew', async () => {
    const { stores, keys, found, lead, renew } = await subject();
    const token = await lead('a');
    await server.command('HSET', keys.control, 'orders', '9007199254740993');
    const seen = await renew('a', token);
    expect(found).toContainEqual(expect.objectContaining({ key: keys.control, field: 'orders' }));
    await server.command('HSET', keys.control, 'orders', '9007199254740993');
    await stores.control.reschedule('job', 'x', never);
    const next = await renew('a', token);
    const orders = [seen, next].map(answer => (answer.kind === 'renewed' ? answer.orders : ''));
    expect(new Set(orders).size).toBe(2);
    expect(await server.command('HGET', keys.control, 'orders')).toMatch(/^\d{13}$/);
  });

  it.each(FIELDS.flatMap(field => BAD_VALUES.map(([name, value]) => [field, name, value] as const)))(
    'the next leader repairs %s %s of the term, and its token is higher',
    async (field, _, value) => {
      const { keys, found, lead, resign } = await subject();
      const first = await lead('a');
      await resign('a', first);
      await server.command('HSET', keys.term, field, value);
      if (field === 'expiresAt') await server.command('HSET', keys.term, 'resigned', '0');
      const second = await lead('b');
      expect(second).toBeGreaterThan(first);
      const written = await server.command('HGET', keys.term, field);
      expect(written ?? '0').toMatch(/^\d{1,16}$/);
      // A token or a bit of the year 2100 is a token like others.
      const isSound = value === GARBAGE['2100'] && field === 'token';
      expect(isSound || found.some(one => one.key === keys.term && one.field === field)).toBe(true);
    },
  );

  it.each(BAD_VALUES)('a fence that reads %s is repaired, and the next token is higher', async (_, value) => {
    const { keys, found, lead, resign } = await subject();
    const first = await lead('a');
    await server.command('SET', keys.fence, value);
    await resign('a', first);
    const second = await lead('b');
    expect(second).toBeGreaterThan(first);
    expect(await server.command('GET', keys.fence)).toBe(String(second));
    const isSound = value === GARBAGE['2100'];
    expect(isSound || found.some(({ key }) => key === keys.fence)).toBe(true);
  });

  it.each(['lease', 'term', 'fence'] as const)('a %s of another type is replaced', async name => {
    const { keys, found, lead, resign, renew } = await subject();
    const first = await lead('a');
    await resign('a', first);
    await server.command('DEL', keys[name]);
    await server.command('RPUSH', keys[name], 'x');
    const second = await lead('b');
    expect(second).toBeGreaterThan(first);
    expect(await renew('b', second)).toMatchObject({ kind: 'renewed' });
    expect(found).toContainEqual({ key: keys[name], field: '', value: ANOTHER_TYPE, action: 'repaired' });
  });

  it.each(['term', 'unfinished', 'requests', 'control', 'pods', 'fence', 'specs', 'jobs'] as const)(
    'a leader keeps its lease though %s has another type',
    async name => {
      const { keys, lead, renew, resign } = await subject();
      const token = await lead('a');
      await server.command('DEL', keys[name]);
      await server.command('RPUSH', keys[name], 'x');
      expect(await renew('a', token)).toMatchObject({ kind: 'renewed' });
      expect(await resign('a', token)).toEqual({ kind: 'resigned' });
    },
  );

  it.each(BAD_VALUES)('a leader keeps its lease though orders and resign read %s', async (_, value) => {
    const { keys, found, lead, renew, acquire } = await subject();
    const token = await lead('a');
    await server.command('HSET', keys.control, 'orders', value, 'resign', value);
    expect(await renew('a', token)).toMatchObject({ kind: 'renewed', shouldResign: false });
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
    const isSound = value === GARBAGE['2100'];
    expect(isSound || found.some(({ key, field }) => key === keys.control && field === 'orders')).toBe(true);
  });

  it.each(['candidates', 'jobset'] as const)(
    'a leader keeps its lease though %s has another type',
    async name => {
      const { stores, keys, found, lead, renewAs } = await subject();
      const token = await lead('a');
      const page = { jobSet: JOB_SET, index: 0, text: 'x' };
      await stores.candidates.publish(page, never);
      expect(await renewAs('a', token)).toMatchObject({ isPageKept: true });
      const key = name === 'candidates' ? keys.candidates : keys.jobSet(JOB_SET, 0);
      await server.command('DEL', key);
      await server.command('RPUSH', key, 'x');
      expect(await renewAs('a', token)).toMatchObject({ isPageKept: name === 'candidates' });
      expect(found).toContainEqual(expect.objectContaining({ key, field: '', value: ANOTHER_TYPE }));
      expect(await stores.candidates.read(JOB_SET, 0, never)).toBe(name === 'candidates' ? 'x' : undefined);
      await stores.candidates.publish(page, never);
      expect(await renewAs('a', token)).toMatchObject({ isPageKept: true });
      expect((await stores.candidates.candidates(never)).candidates).toMatchObject([{ candidateId: 'a' }]);
    },
  );

  it.each(
    ['a', '#changes', '#handOvers'].flatMap(field =>
      BAD_VALUES.map(([n, value]) => [field, n, value] as const),
    ),
  )('a candidate repairs %s that reads %s', async (field, name, value) => {
    const { keys, found, stores, lead, renewAs } = await subject();
    const token = await lead('a');
    await renewAs('a', token);
    await server.command('HSET', keys.candidates, field, value);
    const news = await renewAs('a', token);
    expect(news).toMatchObject({ handOvers: [] });
    expect(Number(news?.changes)).toBeGreaterThan(1e12);
    expect((await stores.candidates.candidates(never)).candidates).toMatchObject([{ candidateId: 'a' }]);
    const isSound = (field === '#changes' && name === '2100') || (field === '#handOvers' && name === 'empty');
    expect(isSound || found.some(one => one.key === keys.candidates && one.field === field)).toBe(true);
  });

  it.each(BAD_VALUES)('a request that reads %s is taken away, and hides no other', async (_, value) => {
    const { keys, found, stores } = await subject();
    await stores.control.requestRun({ id: 'sound', job: 'job' }, never);
    await server.command('HSET', keys.requests, 'bad', value, 'late', `${GARBAGE['2100']}|job`);
    expect((await stores.control.requests('', never)).requests).toMatchObject([{ id: 'sound' }]);
    expect(await server.command('HEXISTS', keys.requests, 'bad')).toBe(0);
    expect(found).toContainEqual(
      expect.objectContaining({ key: keys.requests, field: 'bad', action: 'repaired' }),
    );
    expect(found).toContainEqual(
      expect.objectContaining({ key: keys.requests, field: 'late', action: 'ignored' }),
    );
  });

  it('reports a value that stays once, on one line and cut', async () => {
    const { keys, found, lead, renew } = await subject();
    const token = await lead('a');
    await server.command('HSET', keys.control, 'orders', `\u001B[2J\n${'x'.repeat(1000)}`);
    for (let times = 0; times < 3; times += 1) await renew('a', token);
    expect(found).toHaveLength(1);
    expect(found[0]?.value).toMatch(/^\\u001b\[2J\\u000ax{90,100}…$/);
  });

  it('a leader repairs a term that says that somebody else leads', async () => {
    const { keys, found, lead, renew } = await subject();
    const token = await lead('a');
    await server.command('HSET', keys.term, 'holder', 'intruder', 'token', 'x', 'resigned', '1');
    expect(await renew('a', token)).toMatchObject({ kind: 'renewed' });
    expect(found.map(({ field, action }) => [field, action])).toEqual([
      ['holder', 'repaired'],
      ['token', 'repaired'],
      ['resigned', 'repaired'],
    ]);
    expect(await server.command('HGET', keys.term, 'holder')).toBe('a');
  });
});

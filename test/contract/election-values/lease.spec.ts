import { expect, it } from '@jest/globals';

import type { RedisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR, MINUTE, SECOND } from '../../support/durations.js';
import { BAD_VALUES, LONG_AS_A, never, TTL_MS, useElections } from './election.js';

const { open, command } = useElections();

/** As it stands after the clock of Redis was set back: instants that were stored lie further ahead by the step. */
const setBack = async ({ lease, term }: RedisKeys, byMs: number) => {
  for (const field of ['renewedAt', 'expiresAt']) await command('HINCRBY', term, field, byMs);
  await command('PEXPIREAT', lease, String(await command('HGET', term, 'expiresAt')));
};

describeWithRedis('a tampered lease in Redis', () => {
  it.each(BAD_VALUES)('a lease that reads %s delays no pod for longer than a ttl', async (_, value) => {
    const { keys, found, lead, renew } = await open();
    const first = await lead('a');
    await command('SET', keys.lease, value);
    expect(await renew('a', first)).toEqual({ kind: 'lost' });
    expect(await lead('b')).toBeGreaterThan(first);
    expect(found).toContainEqual(expect.objectContaining({ key: keys.lease, action: 'clamped' }));
  });

  it('the lease of a term is left as it is, though its ttl is longer than that of who asks', async () => {
    const { stores, keys, found, acquire } = await open();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(Number(await command('PTTL', keys.lease))).toBeGreaterThan(TTL_MS);
    expect(found).toEqual([]);
  });

  it('a lease that lasts longer than its term says is left to its holder', async () => {
    const { stores, keys, found, acquire } = await open();
    await stores.lease.acquire(LONG_AS_A, never);
    await command('PEXPIRE', keys.lease, 10 * MINUTE);
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a' });
    expect(Number(await command('PTTL', keys.lease))).toBeGreaterThan(9 * MINUTE);
    expect(found).toEqual([]);
  });

  it('a lease set manually without an expiry gets one, and is reported once for that', async () => {
    const { keys, found, acquire, lead } = await open();
    await lead('a');
    await command('SET', keys.lease, 'someone|5');
    expect(await acquire('c')).toMatchObject({ kind: 'held', token: 0 });
    expect(found).toEqual([{ key: keys.lease, field: '', value: 'someone|5', action: 'clamped' }]);
  });
});

describeWithRedis('a lease after the clock of Redis was set back', () => {
  it('a lease that outlives its ttl because the clock of Redis was set back is brought back to it', async () => {
    const { keys, found, acquire, lead } = await open();
    const first = await lead('a');
    await setBack(keys, 10 * MINUTE);
    expect(Number(await command('PTTL', keys.lease))).toBeGreaterThan(9 * MINUTE);
    expect(await acquire('b')).toMatchObject({
      kind: 'held',
      holder: 'a',
      token: first,
      remainingMs: TTL_MS,
    });
    expect(found).toEqual([{ key: keys.lease, field: '', value: `a|${first}`, action: 'clamped' }]);
    expect(await lead('b')).toBeGreaterThan(first);
    expect(found).toHaveLength(1);
  });

  it('after the clock of Redis was set back a lease lasts for its own ttl, whatever candidate asks', async () => {
    const { stores, keys, acquire } = await open();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    await setBack(keys, 10 * MINUTE);
    const remainingMs = LONG_AS_A.ttlMs;
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token, remainingMs });
    // Its holder renews it as ever.
    expect(await stores.lease.renew({ ...LONG_AS_A, token }, never)).toMatchObject({ kind: 'renewed' });
    expect(await command('PTTL', keys.lease)).toBeGreaterThan(remainingMs - SECOND);
  });
});

describeWithRedis('a lease in Redis that was set manually', () => {
  it('a lease that the term does not know was set manually: no pod leads, and it stays until it expires', async () => {
    const { stores, keys, found, acquire, lead } = await open();
    const first = await lead('a');
    const values = ['someone|5', `b|${first}`, `a|${first + 1}`];
    for (const value of values) {
      await command('SET', keys.lease, value, 'PX', HOUR);
      const [holder] = value.split('|');
      for (let times = 0; times < 2; times += 1)
        expect(await acquire('c')).toMatchObject({ kind: 'held', holder, token: 0, presence: false });
      expect(await stores.lease.read(never)).toMatchObject({ holder, token: 0, acquiredAt: undefined });
    }
    expect(Number(await command('PTTL', keys.lease))).toBeGreaterThan(HOUR - MINUTE);
    expect(found).toEqual(values.map(value => ({ key: keys.lease, field: '', value, action: 'ignored' })));
    await command('DEL', keys.lease);
    expect(await lead('b')).toBeGreaterThan(first);
  });

  it('a lease in a Redis that knows of no term was set manually', async () => {
    const { stores, keys, found, acquire } = await open();
    await command('SET', keys.lease, 'someone|5', 'PX', HOUR);
    expect(await acquire('c')).toMatchObject({ kind: 'held', holder: 'someone', token: 0 });
    expect(await stores.lease.read(never)).toMatchObject({ holder: 'someone', token: 0 });
    expect(found).toHaveLength(1);
  });
});

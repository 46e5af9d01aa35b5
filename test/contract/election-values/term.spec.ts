import { expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { GARBAGE } from '../../support/garbage.js';
import { ANOTHER_TYPE, BAD_VALUES, LONG_AS_A, never, useElections } from './election.js';

const { open, command } = useElections();
const FIELDS = ['token', 'acquiredAt', 'renewedAt', 'expiresAt', 'resigned', 'presence', 'missingSince'];

describeWithRedis('a tampered term in Redis', () => {
  it.each<[string, readonly (readonly string[])[]]>([
    ['is lost', [['DEL']]],
    ['is lost, and 0.3 renews', [['DEL'], ['HSET', 'renewedAt', '1', 'expiresAt', '2', 'presence', '0']]],
    ['has another type', [['DEL'], ['RPUSH', 'x']]],
    ['has lost its holder', [['HDEL', 'holder']]],
    ['has a token that is no number', [['HSET', 'token', 'nan']]],
  ])('a leader is known as such while its term %s', async (_, commands) => {
    const { stores, keys, found, acquire } = await open();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    for (const [name = '', ...args] of commands) await command(name, keys.term, ...args);
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(await stores.lease.read(never)).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(found.filter(({ key }) => key === keys.lease)).toEqual([]);
    expect(await stores.lease.renew({ ...LONG_AS_A, token }, never)).toMatchObject({ kind: 'renewed' });
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
  });

  it('a leader whose term and last token are lost is known again with its next renewal', async () => {
    const { stores, keys, acquire } = await open();
    const { token } = (await stores.lease.acquire(LONG_AS_A, never)) as { readonly token: number };
    await command('DEL', keys.term, keys.fence);
    await stores.lease.renew({ ...LONG_AS_A, token }, never);
    expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
    expect(await stores.lease.read(never)).toMatchObject({ holder: 'a', token });
  });

  it.each(FIELDS.flatMap(field => BAD_VALUES.map(([name, value]) => [field, name, value] as const)))(
    'the next leader repairs %s %s of the term, and its token is higher',
    async (field, _, value) => {
      const { keys, found, lead, resign } = await open();
      const first = await lead('a');
      await resign('a', first);
      await command('HSET', keys.term, field, value);
      if (field === 'expiresAt') await command('HSET', keys.term, 'resigned', '0');
      const second = await lead('b');
      expect(second).toBeGreaterThan(first);
      const written = await command('HGET', keys.term, field);
      expect(written ?? '0').toMatch(/^\d{1,16}$/);
      // A token or a bit of the year 2100 is a token like others.
      const isSound = value === GARBAGE['2100'] && field === 'token';
      expect(isSound || found.some(one => one.key === keys.term && one.field === field)).toBe(true);
    },
  );
});

describeWithRedis('a term or a fence that is repaired in Redis', () => {
  it.each(BAD_VALUES)('a fence that reads %s is repaired, and the next token is higher', async (_, value) => {
    const { keys, found, lead, resign } = await open();
    const first = await lead('a');
    await command('SET', keys.fence, value);
    await resign('a', first);
    const second = await lead('b');
    expect(second).toBeGreaterThan(first);
    expect(await command('GET', keys.fence)).toBe(String(second));
    const isSound = value === GARBAGE['2100'];
    expect(isSound || found.some(({ key }) => key === keys.fence)).toBe(true);
  });

  it.each(['lease', 'term', 'fence'] as const)('a %s of another type is replaced', async name => {
    const { keys, found, lead, resign, renew } = await open();
    const first = await lead('a');
    await resign('a', first);
    await command('DEL', keys[name]);
    await command('RPUSH', keys[name], 'x');
    const second = await lead('b');
    expect(second).toBeGreaterThan(first);
    expect(await renew('b', second)).toMatchObject({ kind: 'renewed' });
    expect(found).toContainEqual({ key: keys[name], field: '', value: ANOTHER_TYPE, action: 'repaired' });
  });

  it('a leader repairs a term that says that another pod leads', async () => {
    const { keys, found, lead, renew } = await open();
    const token = await lead('a');
    await command('HSET', keys.term, 'holder', 'intruder', 'token', 'x', 'resigned', '1');
    expect(await renew('a', token)).toMatchObject({ kind: 'renewed' });
    expect(found.map(({ field, action }) => [field, action])).toEqual([
      ['holder', 'repaired'],
      ['token', 'repaired'],
      ['resigned', 'repaired'],
    ]);
    expect(await command('HGET', keys.term, 'holder')).toBe('a');
  });
});

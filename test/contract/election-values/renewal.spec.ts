import { expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { GARBAGE } from '../../support/garbage.js';
import { ANOTHER_TYPE, BAD_VALUES, JOB_SET, never, useElections } from './election.js';

const { open, command } = useElections();

describeWithRedis('a leader in Redis whose keys were tampered with', () => {
  it.each(['term', 'unfinished', 'requests', 'control', 'pods', 'fence', 'specs', 'jobs'] as const)(
    'a leader keeps its lease though %s has another type',
    async name => {
      const { keys, lead, renew, resign } = await open();
      const token = await lead('a');
      await command('DEL', keys[name]);
      await command('RPUSH', keys[name], 'x');
      expect(await renew('a', token)).toMatchObject({ kind: 'renewed' });
      expect(await resign('a', token)).toEqual({ kind: 'resigned' });
    },
  );

  it.each(BAD_VALUES)(
    'a leader keeps its lease though the fields of overrides and resignations read %s',
    async (_, value) => {
      const { keys, found, lead, renew, acquire } = await open();
      const token = await lead('a');
      await command('HSET', keys.control, 'orders', value, 'resign', value);
      expect(await renew('a', token)).toMatchObject({ kind: 'renewed', shouldResign: false });
      expect(await acquire('b')).toMatchObject({ kind: 'held', holder: 'a', token });
      const isSound = value === GARBAGE['2100'];
      expect(isSound || found.some(({ key, field }) => key === keys.control && field === 'orders')).toBe(
        true,
      );
    },
  );

  it.each(['candidates', 'jobset'] as const)(
    'a leader keeps its lease though %s has another type',
    async name => {
      const { stores, keys, found, lead, renewAs } = await open();
      const token = await lead('a');
      const page = { jobSet: JOB_SET, index: 0, text: 'x' };
      await stores.candidates.publish(page, never);
      expect(await renewAs('a', token)).toMatchObject({ isPageKept: true });
      const key = name === 'candidates' ? keys.candidates : keys.jobSet(JOB_SET, 0);
      await command('DEL', key);
      await command('RPUSH', key, 'x');
      expect(await renewAs('a', token)).toMatchObject({ isPageKept: name === 'candidates' });
      expect(found).toContainEqual(expect.objectContaining({ key, field: '', value: ANOTHER_TYPE }));
      expect(await stores.candidates.read(JOB_SET, 0, never)).toBe(name === 'candidates' ? 'x' : undefined);
      await stores.candidates.publish(page, never);
      expect(await renewAs('a', token)).toMatchObject({ isPageKept: true });
      expect((await stores.candidates.candidates(never)).candidates).toMatchObject([{ podId: 'a' }]);
    },
  );
});

describeWithRedis('candidates and requests in Redis that were tampered with', () => {
  it.each(
    ['a', '#changes', '#handOvers'].flatMap(field =>
      BAD_VALUES.map(([n, value]) => [field, n, value] as const),
    ),
  )('a candidate repairs %s that reads %s', async (field, name, value) => {
    const { keys, found, stores, lead, renewAs } = await open();
    const token = await lead('a');
    await renewAs('a', token);
    await command('HSET', keys.candidates, field, value);
    const news = await renewAs('a', token);
    expect(news).toMatchObject({ handOvers: [] });
    expect(Number(news?.changes)).toBeGreaterThan(1e12);
    expect((await stores.candidates.candidates(never)).candidates).toMatchObject([{ podId: 'a' }]);
    const isSound = (field === '#changes' && name === '2100') || (field === '#handOvers' && name === 'empty');
    expect(isSound || found.some(one => one.key === keys.candidates && one.field === field)).toBe(true);
  });

  it.each(
    ['#prober1', '#prober2'].flatMap(field => BAD_VALUES.map(([n, value]) => [field, n, value] as const)),
  )('a follower repairs %s that reads %s, and takes it', async (field, _, value) => {
    const { keys, found, lead, followAsProber } = await open();
    await lead('a');
    await command('HSET', keys.candidates, field, value);
    expect([await followAsProber('b'), await followAsProber('c')]).toEqual([true, true]);
    expect(await command('HGET', keys.candidates, field)).toMatch(/^\d{13}\|\d+\|1\|[bc]$/);
    const repaired = { key: keys.candidates, field, action: 'repaired' };
    expect(found).toContainEqual(expect.objectContaining(repaired));
  });

  it.each(BAD_VALUES)('a request that reads %s is taken away, and hides no other', async (_, value) => {
    const { keys, found, stores } = await open();
    await stores.control.requestRun({ id: 'sound', job: 'job' }, never);
    await command('HSET', keys.requests, 'bad', value, 'late', `${GARBAGE['2100']}|job`);
    expect((await stores.control.requests('', never)).requests).toMatchObject([{ id: 'sound' }]);
    expect(await command('HEXISTS', keys.requests, 'bad')).toBe(0);
    expect(found).toContainEqual(
      expect.objectContaining({ key: keys.requests, field: 'bad', action: 'repaired' }),
    );
    expect(found).toContainEqual(
      expect.objectContaining({ key: keys.requests, field: 'late', action: 'ignored' }),
    );
  });
});

describeWithRedis('counters in Redis that were tampered with', () => {
  it('a counter of overrides that cannot be counted on starts anew', async () => {
    const { stores, keys, found, lead, renew } = await open();
    const token = await lead('a');
    await command('HSET', keys.control, 'orders', '9007199254740993');
    const seen = await renew('a', token);
    expect(found).toContainEqual(expect.objectContaining({ key: keys.control, field: 'orders' }));
    await command('HSET', keys.control, 'orders', '9007199254740993');
    await stores.control.reschedule('job', 'x', never);
    const next = await renew('a', token);
    const answers = [seen, next].map(answer => (answer.kind === 'renewed' ? answer.overrides : ''));
    expect(new Set(answers).size).toBe(2);
    expect(await command('HGET', keys.control, 'orders')).toMatch(/^\d{13}$/);
  });

  it('reports a value that stays once, on one line and cut', async () => {
    const { keys, found, lead, renew } = await open();
    const token = await lead('a');
    await command('HSET', keys.control, 'orders', `\u001B[2J\n${'x'.repeat(1000)}`);
    for (let times = 0; times < 3; times += 1) await renew('a', token);
    expect(found).toHaveLength(1);
    expect(found[0]?.value).toMatch(/^\\u001b\[2J\\u000ax{90,100}…$/);
  });
});

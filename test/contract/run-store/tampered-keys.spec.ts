import { expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR, SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { useLabs } from '../support/use-labs.js';
import { A, Lab, LONG, never } from './lab.js';

const { openRedisLab, redisServer } = useLabs('runs', Lab.of);

describeWithRedis('tampered keys of a job in Redis', () => {
  it.each([
    ['the job', 'job'],
    ['its records', 'runs'],
    ['its index', 'index'],
  ] as const)('a key of a wrong type for %s fails its own claim only', async (_what, key) => {
    const { lab, keys } = await openRedisLab();
    await redisServer().command('SET', keys[key]('bad'), 'text');
    const answers = await lab.claim([lab.wish(1, 'x', { job: 'bad' }), lab.wish(1, 'y')]);
    expect(answers).toEqual([
      { kind: 'failed', message: expect.stringContaining('WRONGTYPE'), isDataInvalid: true },
      { kind: 'go' },
    ]);
    const missing = (['job', 'runs', 'index'] as const)
      .filter(name => name !== key)
      .map(name => keys[name]('bad'));
    expect(await redisServer().command('EXISTS', ...missing)).toBe(0);
    expect((await lab.unfinished()).map(({ job }) => job)).toEqual(['job']);
    await lab.stores.runs.open({ ...A, jobs: [{ job: 'bad', schedule: 's' }] }, never);
    expect(await lab.heartbeat([lab.run(1, 'y'), lab.run(1, 'x', { job: 'bad' })])).toEqual(['kept', 'lost']);
  });

  it.each(['job', 'runs', 'index'] as const)(
    'a run does not end while its job has a key (%s) of another type, which holds up no other run',
    async key => {
      const { lab, keys } = await openRedisLab();
      const bad = lab.run(1, 'x', { job: 'bad' });
      await lab.claim([lab.wish(1, 'x', { job: 'bad' }), lab.wish(1, 'y')]);
      await redisServer().command('DEL', keys[key]('bad'));
      await redisServer().command('SET', keys[key]('bad'), 'text');
      expect(await lab.finish(bad)).toBe('invalid');
      expect(await lab.finish(lab.run(1, 'y'))).toBe('finished');
      await redisServer().command('DEL', keys[key]('bad'));
      expect(await lab.finish(bad)).toBe(key === 'runs' ? 'stale' : 'finished');
    },
  );

  it('a tick is released though the key of its job was tampered with', async () => {
    const { lab, keys } = await openRedisLab();
    await lab.claimOne(1, 'x');
    await redisServer().command('SET', keys.job('job'), 'text');
    expect(await lab.release(lab.run(1, 'x'))).toBe('released');
    await redisServer().command('DEL', keys.job('job'));
    expect(await lab.claimOne(1, 'y')).toEqual({ kind: 'go' });
  });

  it('a tick whose record cannot be read starts no more, and is shown as unreadable', async () => {
    const { lab, keys } = await openRedisLab();
    await lab.claim([lab.wish(1, 'x', { intent: 'skipped' }), lab.wish(2, 'y', { intent: 'skipped' })]);
    await redisServer().command('HSET', keys.runs('job'), `${lab.run(1, '').tick}`, 'nonsense');
    expect(await lab.claimOne(1, 'z')).toEqual({ kind: 'taken' });
    expect(await lab.past()).toEqual(['2 skipped', '1 unreadable']);
    await redisServer().command('HSET', keys.runs('job'), `${lab.run(2, '').tick}`, 'nonsense');
    await lab.claimOne(3, 'v', { job: 'other', intent: 'skipped' });
    await lab.claimOne(0, 'w', { manual: true });
    await lab.finish(lab.run(0, 'w', { manual: true }));
    const all = await lab.history({ job: undefined, limit: 2 });
    expect(all.map(({ job, state }) => `${job} ${state}`)).toEqual(['other skipped', 'job unreadable']);
  });
});

describeWithRedis('tampered run locks and tokens in Redis', () => {
  it('a run lock of a claimed tick holds, though the clock of the store was set back since', async () => {
    const { lab, keys } = await openRedisLab();
    await lab.claimOne(1, 'x', { manual: true, handle: 'ahead' });
    const ahead = `${(await lab.stores.now()) + HOUR}`;
    const record = await redisServer().command('HGET', keys.runs('job'), `${lab.run(1, '').tick}@ahead`);
    await redisServer().command('HSET', keys.runs('job'), ahead, String(record));
    await redisServer().command('HSET', keys.job('job'), 'lock', ahead);
    await redisServer().command('ZADD', keys.unfinished, (await lab.stores.now()) + LONG, `${ahead}|job`);
    expect(await lab.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
    await redisServer().command('HSET', keys.job('job'), 'lock', '4102444800000');
    expect(await lab.claimOne(3, 'z')).toEqual({ kind: 'go' });
  });

  it('a run lock further in the future than a lock lasts is brought back to one', async () => {
    const { lab, keys } = await openRedisLab();
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'go' });
    for (const score of ['inf', '1e300', '4102444800000']) {
      await redisServer().command('ZADD', keys.unfinished, score, `${lab.run(1, '').tick}|job`);
      expect(await lab.claimOne(2, 'y', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
      const live = Number(
        await redisServer().command('ZSCORE', keys.unfinished, `${lab.run(1, '').tick}|job`),
      );
      expect(live).toBeLessThan((await lab.stores.now()) + 100 * SECOND);
      await lab.release(lab.run(2, 'y'));
    }
  });

  it('a crashed run whose lock outlives what it was set for is found, and lapses a lock later', async () => {
    const { lab, keys } = await openRedisLab();
    await lab.claimOne(1, 'x', {}, 500);
    expect((await lab.unfinished())[0]).not.toHaveProperty('isOverlong');
    // As if the clock of the store had been set back since the claim.
    await redisServer().command('ZINCRBY', keys.unfinished, HOUR, `${lab.run(1, '').tick}|job`);
    const [orphan] = await lab.unfinished();
    expect(orphan).toMatchObject({ runId: 'x', isOverlong: true });
    expect(orphan && (await lab.adopt(orphan, {}, A, 500))).toEqual({ kind: 'left' });
    await eventually(async () => (await lab.unfinished())[0]?.liveMs === 0, { what: 'its lock lapses' });
    expect(orphan && (await lab.adopt(orphan, {}, A, 500))).toMatchObject({ kind: 'recovered' });
  });

  it('a higher token that cannot have been handed out yet fences no pod', async () => {
    const { lab, keys } = await openRedisLab();
    await redisServer().command('HSET', keys.job('job'), 'token', await lab.stores.now());
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'fenced' });
    for (const value of ['4102444800000', '9007199254740992', 'inf', 'nan', '-1', '']) {
      await redisServer().command('HSET', keys.job('job'), 'token', value);
      expect(await lab.claimOne(1, 'x')).toMatchObject({ kind: expect.stringMatching(/go|mine/) });
    }
  });

  it('clears away an unfinished run that has no record', async () => {
    const { lab, keys } = await openRedisLab();
    await redisServer().command('ZADD', keys.unfinished, 0, `${lab.run(1, '').tick}|job`, 0, 'nonsense');
    const [orphan] = await lab.unfinished();
    expect(orphan).toEqual({ ...lab.run(1, ''), liveMs: 0, attempt: 1 });
    expect(orphan && (await lab.adopt(orphan))).toEqual({ kind: 'left' });
    expect(await lab.unfinished()).toEqual([]);
  });
});

import { expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { LONGER, namesIn, never, openSweeper, runOnce, useSweepers } from './lab.js';

const { openRedisLab, redisServer } = useSweepers();

describeWithRedis('The keys of a removed job in Redis', () => {
  it('leaves no key', async () => {
    const stores = await openSweeper(openRedisLab);
    const names = Array.from({ length: 120 }, (_, index) => `job-${index}`);
    for (const name of names) await runOnce(stores, name);
    await stores.sweep(names);
    await stores.pass(LONGER);
    expect(await stores.sweep(names)).toHaveLength(names.length);
    const keys = (await redisServer().command('KEYS', `*${stores.keys.lease}*`)) as string[];
    expect(keys).toEqual([stores.keys.lease]);
  });

  it('stays where the term is over', async () => {
    const stores = await openSweeper(openRedisLab);
    await runOnce(stores, 'job');
    await stores.sweep(['job']);
    await stores.pass(LONGER);
    await stores.lead('b', 8);
    expect(await stores.sweep(['job'])).toBeUndefined();
    expect(await namesIn(stores)).toEqual(['job']);
  });

  it('expires though records of it were left that nothing refers to', async () => {
    const stores = await openSweeper(openRedisLab);
    await runOnce(stores, 'job');
    await redisServer().command('HSET', stores.keys.runs('job'), '5', 'claimed|r|1|1|5||{}', '!r', '1');
    await stores.sweep(['job']);
    await stores.pass(LONGER);
    expect(await stores.sweep(['job'])).toEqual(['job']);
  });

  it('of which there are many such records becomes smaller, and expires then', async () => {
    const stores = await openSweeper(openRedisLab);
    await runOnce(stores, 'job');
    for (let tick = 1; tick <= 600; tick += 1) {
      await redisServer().command('HSET', stores.keys.runs('job'), `${tick}`, `succeeded|r|1|1|${tick}||{}`);
      await redisServer().command('ZADD', stores.keys.index('job'), `${tick}`, `${tick}`);
    }
    await redisServer().command('HSET', stores.keys.runs('job'), '!r', '1');
    await stores.sweep(['job']);
    await stores.pass(LONGER);
    for (const left of [501, 401]) {
      expect(await stores.sweep(['job'])).toEqual([]);
      expect(await redisServer().command('ZCARD', stores.keys.index('job'))).toBe(left);
    }
    await eventually(async () => (await stores.sweep(['job']))?.includes('job') === true);
  });

  it('stays where more runs are requested than one call reads', async () => {
    const stores = await openSweeper(openRedisLab);
    await runOnce(stores, 'job');
    await stores.sweep(['job']);
    const many = Array.from({ length: 251 }, (_, index) => [`h-${index}`, '5|elsewhere']).flat();
    await redisServer().command('HSET', stores.keys.requests, ...many);
    await stores.pass(LONGER);
    expect(await stores.sweep(['job'])).toEqual([]);
    await redisServer().command('HDEL', stores.keys.requests, 'h-0');
    expect(await stores.sweep(['job'])).toEqual(['job']);
  });
});

describeWithRedis('Tampered notes of removed jobs in Redis', () => {
  it.each(['inf', '-inf', '-5', '1.5', '4102444800000'])(
    'is kept as if it was noted now where %s was noted',
    async score => {
      const stores = await openSweeper(openRedisLab);
      await stores.control.reschedule('job', 'o', never);
      await redisServer().command('ZADD', stores.keys.removed, score, 'job');
      await stores.sweep(['job']);
      const noted = Number(await redisServer().command('ZSCORE', stores.keys.removed, 'job'));
      expect(Math.abs(noted - (await stores.now()))).toBeLessThan(10 * SECOND);
      await stores.pass(LONGER);
      expect(await stores.sweep(['job'])).toEqual(['job']);
    },
  );

  it('expires where the notes were of another type, and a job that cannot be read holds up no other', async () => {
    const stores = await openSweeper(openRedisLab);
    await runOnce(stores, 'job');
    await redisServer().command('SET', stores.keys.removed, 'garbage');
    await redisServer().command('SET', stores.keys.job('broken'), 'garbage');
    await stores.sweep(['broken', 'job']);
    await stores.pass(LONGER);
    expect(await stores.sweep(['broken', 'job'])).toEqual(['job']);
  });
});

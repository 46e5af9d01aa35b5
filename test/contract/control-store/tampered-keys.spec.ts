import { expect, it } from '@jest/globals';

import { ALL_JOBS, type RequestsPage } from '../../../lib/ports/control-store.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR, SECOND } from '../../support/durations.js';
import { useLabs } from '../support/use-labs.js';
import { Lab, LONG, never } from './lab.js';

const { openRedisLab, redisServer } = useLabs('control', Lab.of);

describeWithRedis('tampered keys of pauses and schedules in Redis', () => {
  it('nothing pauses all jobs, and renewing finds no requests', async () => {
    const { lab, ...stores } = await openRedisLab();
    await redisServer().command('SET', stores.keys.control, 'garbage');
    await redisServer().command('SET', stores.keys.requests, 'garbage');
    expect(await lab.claim(await lab.now(), 'x')).toEqual({ kind: 'go' });
    expect(await lab.standing()).toEqual([]);
    expect(await stores.cluster.states(['job'], never)).toMatchObject({ pause: undefined });
  });

  it('pauses that cannot be read pause nothing', async () => {
    const { lab, ...stores } = await openRedisLab();
    for (const key of [stores.keys.control, stores.keys.job('job')])
      await redisServer().command('HSET', key, 'pausedFrom', 'x', 'pausedUntil', 'y', 'pausedReason', 'z');
    expect(await lab.claim(await lab.now(), 'x')).toEqual({ kind: 'go' });
    expect(await lab.resume('job')).toBe(false);
    expect(await lab.pause('job', LONG)).toMatchObject({ from: expect.any(Number) });
  });

  it('a request for a key of another type is refused, and the key is left as it is', async () => {
    const { lab, ...stores } = await openRedisLab();
    for (const key of [stores.keys.control, stores.keys.job('job'), stores.keys.requests])
      await redisServer().command('SET', key, 'garbage');
    await expect(lab.pause('job')).rejects.toThrow('WRONGTYPE');
    await expect(lab.pause(ALL_JOBS)).rejects.toThrow('WRONGTYPE');
    await expect(lab.request('r')).rejects.toThrow('WRONGTYPE');
    await expect(lab.reschedule('o')).rejects.toThrow('WRONGTYPE');
    expect(await redisServer().command('GET', stores.keys.control)).toBe('garbage');
  });

  it('a new schedule is not taken half-way', async () => {
    const { lab, ...stores } = await openRedisLab();
    await redisServer().command('HSET', stores.keys.control, 'orders', 'garbage');
    await lab.reschedule('o');
    expect(await lab.open('own')).toEqual({ override: 'o' });
  });
});

describeWithRedis('requests in Redis that are tampered with, old or many', () => {
  it('requests that no script of ours wrote are left out', async () => {
    const { lab, ...stores } = await openRedisLab();
    const { tick } = await lab.request('r');
    const garbage = ['', '|', 'x|job', '-1|job', '1e3|job', `${'9'.repeat(30)}|job`, '8640000000000001|job'];
    for (const [at, word] of garbage.entries())
      await redisServer().command('HSET', stores.keys.requests, `garbage-${at}`, word);
    expect((await stores.control.requests('', never)).requests).toEqual([{ id: 'r', job: 'job', tick }]);
  });

  it('many requests are read in pages, each of them once or more', async () => {
    const stores = await openRedisLab();
    const now = Date.now();
    const ids = Array.from({ length: 1000 }, (_, at) => `id-${at}`);
    await redisServer().command('HSET', stores.keys.requests, ...ids.flatMap(id => [id, `${now}|job`]));
    const found = new Set<string>();
    let pages = 0;
    for (let after: string | undefined = ''; after !== undefined; pages += 1) {
      const page: RequestsPage = await stores.control.requests(after, never);
      for (const { id } of page.requests) found.add(id);
      after = page.next;
    }
    expect([found.size, pages >= 3]).toEqual([1000, true]);
  });

  it('a request whose job cannot be claimed stands on', async () => {
    const { lab, ...stores } = await openRedisLab();
    const request = await lab.request('r');
    await redisServer().command('SET', stores.keys.job('job'), 'garbage');
    expect(await lab.claimRequested(request, 'x')).toMatchObject({ kind: 'failed' });
    expect(await lab.standing()).toEqual(['r']);
    await redisServer().command('DEL', stores.keys.job('job'));
    await redisServer().command('SET', stores.keys.unfinished, 'garbage');
    // All jobs need it: it is repaired.
    expect(await lab.claimRequested(request, 'y')).toEqual({ kind: 'go' });
  });
});

describeWithRedis('an old request in Redis', () => {
  it('a request that no pod has taken for an hour is not run any more, and then taken away', async () => {
    const { lab, ...stores } = await openRedisLab();
    const now = await lab.now();
    const request = (id: string, ageMs: number) => ({ id, job: 'job', tick: now - ageMs });
    const [fresh, old, oldest] = [
      request('a', HOUR - 10 * SECOND),
      request('b', HOUR + 1),
      request('c', HOUR + 700 * SECOND),
    ];
    for (const { id, job, tick } of [fresh, old, oldest])
      await redisServer().command('HSET', stores.keys.requests, id, `${tick}|${job}`);
    expect(await lab.outcome(fresh)).toEqual({ kind: 'waiting' });
    expect(await lab.outcome(old)).toEqual({ kind: 'expired' });
    expect(await lab.claimRequested(old, 'x')).toEqual({ kind: 'taken' });
    expect(await stores.control.requests('', never)).toEqual({
      requests: [fresh],
      expired: [oldest],
      next: undefined,
    });
    expect(await lab.outcome(oldest)).toEqual({ kind: 'gone' });
    expect(await lab.outcome(old)).toEqual({ kind: 'expired' });
  });
});

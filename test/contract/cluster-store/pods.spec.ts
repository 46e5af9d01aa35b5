import { describe, expect, it } from '@jest/globals';

import { RamClusterStore } from '../../../lib/adapters/ram/ram-cluster-store.js';
import { RamJobs } from '../../../lib/adapters/ram/ram-jobs.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { never, useClusterStores } from './stores.js';
import { useElector } from './use-elector.js';

const { openRedisLab, redisServer } = useClusterStores();
const { acquire, renew } = useElector(redisServer);

describe('the pods in RAM', () => {
  it('is one process, which is seen now', async () => {
    const clock = new VirtualClock();
    const cluster = new RamClusterStore(new RamJobs(clock), 'me', '1.2.3');
    const since = clock.now().wallMs;
    await clock.advance(5 * SECOND);
    await cluster.leave();
    const pod = { podId: 'me', since, seenAt: since + 5 * SECOND, version: '1.2.3', aheadMs: 0 };
    expect(await cluster.pods()).toEqual({ now: since + 5 * SECOND, pods: [pod] });
  });
});

describeWithRedis('the pods in Redis', () => {
  it('knows the candidates from their attempts, with version, clock, and when they came', async () => {
    const stores = await openRedisLab();
    await acquire(stores, 'one', -7, '1.0.0|beta');
    const first = (await stores.cluster.pods(never)).pods[0];
    await stores.pass(3);
    await acquire(stores, 'two');
    await acquire(stores, 'one', 12, '1.0.1');
    const { now, pods } = await stores.cluster.pods(never);
    expect(first).toMatchObject({ podId: 'one', version: '1.0.0|beta', aheadMs: -7 });
    expect(pods.map(({ podId, version, aheadMs }) => [podId, version, aheadMs])).toEqual([
      ['one', '1.0.1', 12],
      ['two', '', undefined],
    ]);
    expect(pods[0]?.since).toBe(first?.since);
    expect(pods[0]?.seenAt).toBeGreaterThanOrEqual(pods[1]?.seenAt ?? Infinity);
    expect(now).toBeGreaterThanOrEqual(pods[0]?.seenAt ?? Infinity);
  });

  it('forgets who leaves at once, and who was not seen for ten minutes with the next renewal', async () => {
    const stores = await openRedisLab();
    const [, , token] = (await acquire(stores, 'leader')) as string[];
    await acquire(stores, 'gone');
    await stores.cluster.leave('gone', never);
    await stores.cluster.leave('gone', never);
    const now = await stores.now();
    await redisServer().command(
      'HSET',
      stores.keys.pods,
      'dead',
      `${now - 600 * SECOND - 1}|5||1`,
      'late',
      `${now - 500 * SECOND}|5||1`,
    );
    const ids = async () => (await stores.cluster.pods(never)).pods.map(({ podId }) => podId);
    expect(await ids()).toEqual(['late', 'leader']);
    expect(await redisServer().command('HEXISTS', stores.keys.pods, 'dead')).toBe(1);
    await renew(stores, 'leader', Number(token));
    expect(await redisServer().command('HEXISTS', stores.keys.pods, 'dead')).toBe(0);
    expect(await ids()).toEqual(['late', 'leader']);
  });
});

describeWithRedis('what a renewal answers, and tampered notes of pods, in Redis', () => {
  it('notifies a renewal of requests, overrides, and a requested resignation of its term', async () => {
    const stores = await openRedisLab();
    const [, , word] = (await acquire(stores, 'leader')) as string[];
    const token = Number(word);
    expect(await renew(stores, 'leader', token)).toMatchObject({
      requests: 0,
      overrides: 0,
      shouldResign: false,
    });
    await stores.control.requestRun({ id: 'r', job: 'job' }, never);
    await stores.control.reschedule('job', 'o', never);
    await stores.control.reschedule('job', 'o', never);
    await redisServer().command('HSET', stores.keys.control, 'resign', token - 1);
    expect(await renew(stores, 'leader', token)).toMatchObject({
      requests: 1,
      overrides: 1,
      shouldResign: false,
    });
    await redisServer().command('HSET', stores.keys.control, 'resign', token);
    expect(await renew(stores, 'leader', token)).toMatchObject({ shouldResign: true });
  });

  it('the election goes on, and notes anew who competes', async () => {
    const stores = await openRedisLab();
    await redisServer().command('SET', stores.keys.pods, 'garbage');
    const [, kind, token] = (await acquire(stores, 'one')) as string[];
    expect(kind).toBe('acquired');
    for (const key of [stores.keys.requests, stores.keys.control])
      await redisServer().command('SET', key, 'garbage');
    expect(await renew(stores, 'one', Number(token))).toMatchObject({
      kind: 'renewed',
      requests: 0,
      overrides: 0,
    });
    expect((await stores.cluster.pods(never)).pods.map(({ podId }) => podId)).toEqual(['one']);
  });

  it('notes of candidates that cannot be read are left out, and forgotten', async () => {
    const stores = await openRedisLab();
    const [, , token] = (await acquire(stores, 'one')) as string[];
    await redisServer().command('HSET', stores.keys.pods, 'x', 'garbage', 'y', '', 'z', '|||');
    await renew(stores, 'one', Number(token));
    expect((await stores.cluster.pods(never)).pods.map(({ podId }) => podId)).toEqual(['one']);
    expect(await redisServer().command('HLEN', stores.keys.pods)).toBe(1);
  });
});

import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, START } from '../../../support/engine-harness.js';

describe('a pod whose clock is ahead', () => {
  it('waits until the tick is due by the clock of the store', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a', { aheadMs: 5 * SECOND });
    await cluster.advance(10 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const { second, at } of cluster.calls) {
      expect(at).toBeGreaterThanOrEqual(second - 0.05);
      expect(at).toBeLessThan(second + 0.05);
    }
  });

  it('does not skip a tick because of a run that is over when the tick is due', async () => {
    const cluster = new EngineCluster([{ handler: (_, pod) => pod.clock.wait(500) }]);
    const a = await cluster.started('a', { aheadMs: 800 });
    await cluster.advance(5.7 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5]);
    expect(a.skips).toEqual([]);
  });

  it('skips a tick because of a run that goes on when the tick is due', async () => {
    const cluster = new EngineCluster([{ handler: (_, pod) => pod.clock.wait(1.5 * SECOND) }]);
    const a = await cluster.started('a', { aheadMs: 800 });
    await cluster.advance(4.1 * SECOND);
    expect(cluster.seconds()).toEqual([1, 3]);
    expect(a.skips).toEqual(['2 running', '4 running']);
  });

  it('neither runs twice nor leaves out what its successor, whose clock is behind, finds', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a', { aheadMs: 3 * SECOND });
    const b = await cluster.started('b', { aheadMs: -3 * SECOND });
    await cluster.advance(5.5 * SECOND);
    await a.elector.resign();
    await cluster.advance(6 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
    await b.elector.resign();
    await cluster.advance(6 * SECOND);
    expect(a.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
  });

  it('forgets the ticks that it waits for when its term ends', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a', { aheadMs: 5 * SECOND });
    await cluster.started('b');
    await cluster.advance(3.5 * SECOND);
    await a.elector.resign();
    await cluster.advance(6 * SECOND);
    expect(cluster.runsBy()).toEqual(
      [1, 2, 3].map(n => `a ${n}`).concat([4, 5, 6, 7, 8, 9].map(n => `b ${n}`)),
    );
    expect(a.skips).toEqual([]);
  });
});

describe('a pod whose clock is behind', () => {
  it('runs every tick at its instant by the clock of the store', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a', { aheadMs: -5 * SECOND });
    await cluster.advance(5 * SECOND);
    expect(cluster.calls.map(({ second, at }) => [second, at])).toEqual([1, 2, 3, 4, 5].map(n => [n, n]));
    expect(a.eventsOf('job.started').map(({ lagMs }) => lagMs)).toEqual([0, 0, 0, 0, 0]);
    expect(cluster.calls[0]?.context.startedAt).toEqual(new Date(START + SECOND));
  });

  it('leaves its successor no tick to miss, and misses none of its predecessor', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b', { aheadMs: -2 * SECOND });
    const c = await cluster.started('c', { aheadMs: 2 * SECOND });
    await cluster.advance(3.5 * SECOND);
    await a.elector.resign();
    await cluster.advance(3.1 * SECOND);
    expect(b.elector.isLeader() || c.elector.isLeader()).toBe(true);
    await (b.elector.isLeader() ? b : c).elector.resign();
    await cluster.advance(10 * SECOND);
    expect(cluster.seconds()).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    expect(cluster.calls.some(({ context }) => context.catchUp)).toBe(false);
    expect([a, b, c].flatMap(pod => pod.eventsOf('job.missed'))).toEqual([]);
  });

  it('measures jitter by the clock of the store', async () => {
    const cluster = new EngineCluster([{ cron: '*/10 * * * * *', policy: { jitterMs: 2 * SECOND } }]);
    await cluster.started('a', { aheadMs: -5 * SECOND });
    await cluster.advance(40 * SECOND);
    expect(cluster.seconds()).toEqual([10, 20, 30]);
    for (const { second, at } of cluster.calls) {
      expect(at).toBeGreaterThanOrEqual(second);
      expect(at).toBeLessThanOrEqual(second + 2);
    }
  });

  it('runs no tick twice when its clock is set back', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    await cluster.advance(3.5 * SECOND);
    cluster.clock.jumpWall(-2 * SECOND);
    await cluster.advance(4 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5]);
  });
});

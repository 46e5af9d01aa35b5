import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL } from '../../../support/engine-harness.js';
import { slow } from '../../../support/slow-job.js';

describe('a job that falls due while a run goes on at another pod', () => {
  it('is blocked while the run goes on at another pod; the newest tick starts right when that run ends', async () => {
    const cluster = new EngineCluster([slow('skip', 12 * SECOND)]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    await a.elector.resign();
    await cluster.advance(11.4 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1]);
    await cluster.advance(200);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 13']);
    expect(cluster.calls[1]?.at).toBe(13);
  });

  it('starts right when the run ends at the pod that led before, if that leads again', async () => {
    const cluster = new EngineCluster([slow('skip', 14 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    await a.elector.resign();
    a.lease.isDeaf = true;
    await cluster.advance(12 * SECOND);
    expect(a.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1]);
    await cluster.advance(1.6 * SECOND);
    expect(cluster.calls[1]).toMatchObject({ second: 15, at: 15 });
  });

  it('waits for its end at another pod when the job queues, and starts right then', async () => {
    const cluster = new EngineCluster([slow('queue', 4 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    await a.elector.resign();
    await cluster.advance(3.4 * SECOND);
    expect(cluster.seconds()).toEqual([1]);
    await cluster.advance(200);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 2']);
    expect(cluster.calls[1]?.at).toBe(5);
  });
});

describe('a job that falls due while a run goes on at another pod, and its notification,', () => {
  it('starts within an interval of the end of the run where notifications do not arrive', async () => {
    const cluster = new EngineCluster([slow('skip', 1.3 * SECOND)]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    b.lease.isDeaf = true;
    await a.elector.resign();
    await cluster.advance(INTERVAL + 3 * SECOND);
    const [, next] = cluster.calls;
    expect(next?.pod).toBe('b');
    expect((next?.at ?? Infinity) - 2.3).toBeLessThanOrEqual(INTERVAL / 1000 + 1);
  });

  it.each(['skip', 'queue'] as const)(
    'starts when the run ends though the notification is here before the answer that it goes on (%s)',
    async overlap => {
      const cluster = new EngineCluster([slow(overlap, 1.5 * SECOND)]);
      const a = await cluster.started('a');
      const b = await cluster.started('b');
      await cluster.advance(1.5 * SECOND);
      await a.elector.resign();
      await cluster.advance(300);
      b.runs.delivery = () => b.clock.wait(700);
      await cluster.advance(750);
      b.runs.delivery = () => Promise.resolve();
      await cluster.advance(SECOND);
      expect(cluster.calls[1]).toMatchObject({ pod: 'b', second: 2 });
      expect(cluster.calls[1]?.at).toBeLessThan(3);
    },
  );
});

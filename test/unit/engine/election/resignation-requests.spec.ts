import { describe, expect, it } from '@jest/globals';

import { EngineCluster, INTERVAL, TTL } from '../../../support/engine-harness.js';

describe('a leader that is requested to resign', () => {
  it.each([
    ['is notified', false, 0],
    ['is not notified, with its next renewal', true, INTERVAL],
  ])('does when it %s', async (_, isDeaf, withinMs) => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(100);
    a.lease.isDeaf = isDeaf;
    expect(await b.leaseLookup.askLeaderToResign()).toBe(true);
    await cluster.advance(withinMs + 60);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([false, true]);
    await cluster.advance(2 * TTL);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([false, true]);
    expect(new Set(cluster.seconds()).size).toBe(cluster.seconds().length);
  });

  it('does not where the request was for a term that is over', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await a.elector.resign();
    await cluster.advance(TTL + 100);
    await cluster.lease.requestResignation(1, '');
    await cluster.advance(2 * INTERVAL);
    expect(a.elector.isLeader()).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL, TTL } from '../../../support/engine-harness.js';
import { A, B, leaderOf, moves } from '../../../support/job-sets.js';

describe('leadership, after a leader resigned or lost its term', () => {
  it('keeps away for a ttl from a pod that an operator made resign, and comes back then', async () => {
    const cluster = new EngineCluster([A]);
    const large = await cluster.started('large', {}, [A, B]);
    const small = await cluster.started('small');
    await cluster.advance(20 * SECOND);
    await large.elector.resign();
    await cluster.advance(TTL - 1);
    expect(leaderOf(large, small)).toBe('small');
    await cluster.advance(2 * INTERVAL);
    expect(leaderOf(large, small)).toBe('large');
  });

  it('keeps away for 10 ttl from a pod that lost its term by the deadline', async () => {
    const cluster = new EngineCluster([A]);
    const large = await cluster.started('large', {}, [A, B]);
    const small = await cluster.started('small');
    await cluster.advance(20 * SECOND);
    large.cutOff();
    await cluster.advance(2 * TTL);
    expect(leaderOf(large, small)).toBe('small');
    large.reconnect();
    await cluster.advance(8 * TTL);
    expect(leaderOf(large, small)).toBe('small');
    await cluster.advance(4 * TTL);
    expect(leaderOf(large, small)).toBe('large');
  });

  it('moves to another candidate while one with as many jobs is kept away from', async () => {
    const cluster = new EngineCluster([A]);
    const distrusted = await cluster.started('distrusted', {}, [A, B]);
    const small = await cluster.started('small');
    await cluster.advance(20 * SECOND);
    distrusted.cutOff();
    await cluster.advance(2 * TTL);
    distrusted.reconnect();
    await cluster.advance(2 * INTERVAL);
    const large = await cluster.started('large', {}, [A, B]);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(distrusted, small, large)).toBe('large');
  });
});

describe('leadership, among candidates that change again and again', () => {
  it('does not move again and again from a pod without a job to one that resigns each time', async () => {
    const cluster = new EngineCluster([]);
    const first = await cluster.started('first', {}, [A]);
    const api = await cluster.started('api');
    const second = await cluster.started('second', {}, [A]);
    second.bus.subscribe(({ type }) => {
      if (type === 'leader.elected') void second.elector.resign();
    });
    await cluster.advance(20 * SECOND);
    first.die();
    // Shortly before the lease ends the other worker is slow, so that the pod without a job is first.
    await cluster.advance(TTL - INTERVAL);
    second.lease.fault = 'hangs';
    for (let ms = 0; moves(api) === 0 && ms < 2 * INTERVAL; ms += 10) await cluster.advance(10);
    second.lease.fault = 'none';
    await cluster.advance(TTL - SECOND);
    expect(second.eventsOf('leader.lost').map(({ reason }) => reason)).toEqual(['resigned']);
    expect(moves(api)).toBe(1);
    expect(leaderOf(api, second)).toBe('api');
  });

  it('moves once per ttl at most while sets change, and half as often after three moves, which are reported', async () => {
    const cluster = new EngineCluster([A, B]);
    const pods = [await cluster.started('one'), await cluster.started('two')];
    await cluster.advance(20 * SECOND);
    let count = 0;
    for (let round = 0; round < 60; round += 1) {
      for (const pod of pods) {
        const timer = pod.ticker.of('b');
        if (pod.elector.isLeader()) timer.stop();
        else if (timer.isStopped) timer.start();
      }
      await cluster.advance(SECOND);
      count = moves(...pods);
    }
    expect(count).toBeGreaterThanOrEqual(3);
    expect(count).toBeLessThanOrEqual(5);
    expect(pods.flatMap(pod => pod.eventsOf('leader.unsteady')).length).toBeGreaterThan(0);
  });
});

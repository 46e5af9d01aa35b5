import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL, TTL, type PodOptions } from '../../../support/engine-harness.js';
import { A, B, C, leaderOf, moves } from '../../../support/job-sets.js';

describe('leadership', () => {
  it('moves from pods without a job to the one that has jobs, within two intervals of its start', async () => {
    const cluster = new EngineCluster([]);
    const apis = [
      await cluster.started('api-1'),
      await cluster.started('api-2'),
      await cluster.started('api-3'),
    ];
    await cluster.advance(20 * SECOND);
    const worker = await cluster.started('worker', {}, [A]);
    await cluster.advance(2 * INTERVAL);
    expect(leaderOf(worker, ...apis)).toBe('worker');
    expect(cluster.calls.length).toBeGreaterThan(0);
    await cluster.advance(MINUTE);
    expect(leaderOf(worker, ...apis)).toBe('worker');
    expect(moves(worker, ...apis)).toBeLessThanOrEqual(3);
    expect(worker.eventsOf('leader.unsteady')).toEqual([]);
  });

  it('stays with a pod without a job while there is no other', async () => {
    const cluster = new EngineCluster([]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(MINUTE);
    expect(leaderOf(a, b)).toBe('a');
    expect(a.eventsOf('leader.lost')).toEqual([]);
  });

  it('moves to a pod with a job more within 2 ttl and 3 intervals of its start, and stays there', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(500);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(old, fresh)).toBe('new');
    expect(cluster.seconds('b').length).toBeGreaterThan(0);
    await cluster.advance(100 * SECOND);
    expect(leaderOf(old, fresh)).toBe('new');
    expect(moves(old, fresh)).toBe(1);
    // No tick of the job of both is lost or late.
    const seconds = cluster.seconds('a');
    expect(seconds).toEqual(Array.from(seconds, (_, index) => index + 1));
  });

  it.each<[string, PodOptions, PodOptions]>([
    ['renews seldom, under a leader that renews often', { intervalMs: 300, ttlMs: 2 * SECOND }, {}],
    ['renews often, under a leader that renews seldom', {}, { intervalMs: 300, ttlMs: 2 * SECOND }],
  ])('moves to a pod with a job more that %s, and stays there', async (_, leaders, followers) => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old', leaders);
    await cluster.advance(500);
    const fresh = await cluster.started('new', followers, [A, B]);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(old, fresh)).toBe('new');
    await cluster.advance(100 * SECOND);
    expect(leaderOf(old, fresh)).toBe('new');
    expect(moves(old, fresh)).toBe(1);
    expect([old, fresh].flatMap(pod => pod.eventsOf('jobs.different'))).toEqual([]);
  });
});

describe('leadership, when a follower has more jobs', () => {
  it('moves to a pod with a job more though the clock of the store is set back, and is there as soon', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(500);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(2 * INTERVAL);
    cluster.stepStore(-10 * MINUTE);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(old, fresh)).toBe('new');
  });

  it('moves when a job is stopped on the leader, which the log says truly', async () => {
    const cluster = new EngineCluster([A, B]);
    const one = await cluster.started('one');
    const two = await cluster.started('two');
    await cluster.advance(20 * SECOND);
    one.ticker.of('b').stop();
    await cluster.advance(2 * INTERVAL);
    expect(leaderOf(one, two)).toBe('two');
    expect(two.eventsOf('job.overdue')).toEqual([]);
    expect(two.jobSets?.stoppedOn('b')).toEqual(['one']);
    expect(two.jobSets?.stoppedOn('a')).toEqual([]);
    await cluster.advance(MINUTE);
    expect(moves(one, two)).toBe(1);
  });

  it('does not move before the candidate has been up for a ttl', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(MINUTE);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(TTL - 100);
    expect(leaderOf(old, fresh)).toBe('old');
  });

  it('does not move to a candidate that has died', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(20 * SECOND);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(TTL - 2 * INTERVAL);
    fresh.die();
    await cluster.advance(MINUTE);
    expect(old.eventsOf('leader.lost')).toEqual([]);
  });

  it('does not move to a candidate that drains', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(20 * SECOND);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(TTL - 500);
    void fresh.engine.shutdown(0);
    await cluster.advance(MINUTE);
    expect(old.eventsOf('leader.lost')).toEqual([]);
  });
});

describe('leadership, between sets that cannot be compared or are not published', () => {
  it('does not move between sets that cannot be compared, which is reported once', async () => {
    const cluster = new EngineCluster([A]);
    const one = await cluster.started('one', {}, [A, B]);
    const two = await cluster.started('two', {}, [B, C]);
    await cluster.advance(TTL + 5 * SECOND + INTERVAL);
    const facts = { kind: 'jobs', podId: 'one', missing: ['c'], isInformation: false };
    expect(two.eventsOf('jobs.different')).toMatchObject([facts]);
    expect(two.jobSets?.difference).toMatchObject(facts);
    await cluster.advance(MINUTE);
    expect(two.eventsOf('jobs.different')).toHaveLength(1);
    expect(one.eventsOf('leader.lost')).toEqual([]);
    expect(one.eventsOf('jobs.different')).toEqual([]);
  });

  it('does not move under a leader that publishes no set, as 0.3 does not, which followers report', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old', { publishes: false });
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(MINUTE);
    expect(leaderOf(old, fresh)).toBe('old');
    const facts = { kind: 'unpublished', podId: 'old', isInformation: true };
    expect(fresh.eventsOf('jobs.different')).toMatchObject([facts]);
    await cluster.advance(10 * MINUTE);
    expect(fresh.eventsOf('jobs.different')).toMatchObject([facts, { ...facts, isInformation: false }]);
  });

  it('does not move to a pod that publishes no set', async () => {
    const cluster = new EngineCluster([]);
    const leader = await cluster.started('leader');
    const old = await cluster.started('old', { publishes: false }, [A]);
    await cluster.advance(MINUTE);
    expect(leaderOf(leader, old)).toBe('leader');
  });
});

import { describe, expect, it } from '@jest/globals';

import {
  EngineCluster,
  INTERVAL,
  TTL,
  type JobSpec,
  type Pod,
  type PodOptions,
} from '../../../support/engine-harness.js';

const A: JobSpec = { name: 'a' };
const B: JobSpec = { name: 'b' };
const C: JobSpec = { name: 'c' };

const leaderOf = (...pods: readonly Pod[]) => pods.find(pod => pod.elector.isLeader())?.name;
/** How often leadership was handed over to a larger set. */
const moves = (...pods: readonly Pod[]) =>
  pods.flatMap(pod => pod.told('leader.lost').filter(({ reason }) => reason === 'handed-over')).length;

describe('leadership', () => {
  it('moves from pods without a job to the one that has jobs, within two intervals of its start', async () => {
    const cluster = new EngineCluster([]);
    const apis = [
      await cluster.started('api-1'),
      await cluster.started('api-2'),
      await cluster.started('api-3'),
    ];
    await cluster.advance(20_000);
    const worker = await cluster.started('worker', {}, [A]);
    await cluster.advance(2 * INTERVAL);
    expect(leaderOf(worker, ...apis)).toBe('worker');
    expect(cluster.calls.length).toBeGreaterThan(0);
    await cluster.advance(60_000);
    expect(leaderOf(worker, ...apis)).toBe('worker');
    expect(moves(worker, ...apis)).toBeLessThanOrEqual(3);
    expect(worker.told('leader.unsteady')).toEqual([]);
  });

  it('stays with a pod without a job while there is no other', async () => {
    const cluster = new EngineCluster([]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(60_000);
    expect(leaderOf(a, b)).toBe('a');
    expect(a.told('leader.lost')).toEqual([]);
  });

  it('moves to a pod with a job more within 2 ttl and 3 intervals of its start, and stays there', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(500);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(old, fresh)).toBe('new');
    expect(cluster.seconds('b').length).toBeGreaterThan(0);
    await cluster.advance(100_000);
    expect(leaderOf(old, fresh)).toBe('new');
    expect(moves(old, fresh)).toBe(1);
    // No tick of the job of both is lost or late.
    const seconds = cluster.seconds('a');
    expect(seconds).toEqual(Array.from(seconds, (_, index) => index + 1));
  });

  it.each<[string, PodOptions, PodOptions]>([
    ['renews seldom, under a leader that renews often', { intervalMs: 300, ttlMs: 2000 }, {}],
    ['renews often, under a leader that renews seldom', {}, { intervalMs: 300, ttlMs: 2000 }],
  ])('moves to a pod with a job more that %s, and stays there', async (_, leaders, followers) => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old', leaders);
    await cluster.advance(500);
    const fresh = await cluster.started('new', followers, [A, B]);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(old, fresh)).toBe('new');
    await cluster.advance(100_000);
    expect(leaderOf(old, fresh)).toBe('new');
    expect(moves(old, fresh)).toBe(1);
    expect([old, fresh].flatMap(pod => pod.told('jobs.different'))).toEqual([]);
  });

  it('goes to the larger of two followers, though that renews seldom', async () => {
    const often = { intervalMs: 300, ttlMs: 2000 };
    // Followers also ask after a tick: there is none.
    const a = { ...A, cron: '0 * * * *' };
    const cluster = new EngineCluster([a, { ...a, name: 'b' }]);
    const first = await cluster.started('first', often);
    const small = await cluster.started('small', often, [a]);
    const large = await cluster.started('large', { intervalMs: 6000, ttlMs: 20_000 });
    await cluster.advance(40_000);
    expect(small.jobSets?.deferMs).toBe(250);
    await first.engine.shutdown(0);
    await cluster.advance(200);
    expect(leaderOf(small, large)).toBe('large');
  });

  it('moves to a pod with a job more though the clock of the store is set back, and is there as soon', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(500);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(2 * INTERVAL);
    cluster.stepStore(-600_000);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(old, fresh)).toBe('new');
  });

  it('does not move before the candidate has been up for a ttl', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(60_000);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(TTL - 100);
    expect(leaderOf(old, fresh)).toBe('old');
  });

  it('does not move to a candidate that has died', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(20_000);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(TTL - 2 * INTERVAL);
    fresh.die();
    await cluster.advance(60_000);
    expect(old.told('leader.lost')).toEqual([]);
  });

  it('does not move to a candidate that drains', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old');
    await cluster.advance(20_000);
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(TTL - 500);
    void fresh.engine.shutdown(0);
    await cluster.advance(60_000);
    expect(old.told('leader.lost')).toEqual([]);
  });

  it('does not move between sets that cannot be compared, which is reported once', async () => {
    const cluster = new EngineCluster([A]);
    const one = await cluster.started('one', {}, [A, B]);
    const two = await cluster.started('two', {}, [B, C]);
    await cluster.advance(TTL + 5000 + INTERVAL);
    const facts = { kind: 'jobs', holder: 'one', missing: ['c'], isInformation: false };
    expect(two.told('jobs.different')).toMatchObject([facts]);
    expect(two.jobSets?.difference).toMatchObject(facts);
    await cluster.advance(60_000);
    expect(two.told('jobs.different')).toHaveLength(1);
    expect(one.told('leader.lost')).toEqual([]);
    expect(one.told('jobs.different')).toEqual([]);
  });

  it('moves when a job is stopped on the leader, which the log says truly', async () => {
    const cluster = new EngineCluster([A, B]);
    const one = await cluster.started('one');
    const two = await cluster.started('two');
    await cluster.advance(20_000);
    one.ticker.of('b').stop();
    await cluster.advance(2 * INTERVAL);
    expect(leaderOf(one, two)).toBe('two');
    expect(two.told('job.overdue')).toEqual([]);
    expect(two.jobSets?.stoppedOn('b')).toEqual(['one']);
    expect(two.jobSets?.stoppedOn('a')).toEqual([]);
    await cluster.advance(60_000);
    expect(moves(one, two)).toBe(1);
  });

  it('keeps away for a ttl from a pod that a person made resign, and comes back then', async () => {
    const cluster = new EngineCluster([A]);
    const large = await cluster.started('large', {}, [A, B]);
    const small = await cluster.started('small');
    await cluster.advance(20_000);
    await large.elector.resign();
    await cluster.advance(TTL - 1);
    expect(leaderOf(large, small)).toBe('small');
    await cluster.advance(2 * INTERVAL);
    expect(leaderOf(large, small)).toBe('large');
  });

  it('does not move again and again from a pod without a job to one that resigns each time', async () => {
    const cluster = new EngineCluster([]);
    const first = await cluster.started('first', {}, [A]);
    const api = await cluster.started('api');
    const second = await cluster.started('second', {}, [A]);
    second.bus.subscribe(({ type }) => {
      if (type === 'leader.elected') void second.elector.resign();
    });
    await cluster.advance(20_000);
    first.die();
    // Shortly before the lease ends the other worker is slow, so that the pod without a job is first.
    await cluster.advance(TTL - INTERVAL);
    second.lease.fault = 'hangs';
    for (let ms = 0; moves(api) === 0 && ms < 2 * INTERVAL; ms += 10) await cluster.advance(10);
    second.lease.fault = 'none';
    await cluster.advance(TTL - 1000);
    expect(second.told('leader.lost').map(({ reason }) => reason)).toEqual(['resigned']);
    expect(moves(api)).toBe(1);
    expect(leaderOf(api, second)).toBe('api');
  });

  it('keeps away for 10 ttl from a pod that lost its term by the deadline', async () => {
    const cluster = new EngineCluster([A]);
    const large = await cluster.started('large', {}, [A, B]);
    const small = await cluster.started('small');
    await cluster.advance(20_000);
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
    await cluster.advance(20_000);
    distrusted.cutOff();
    await cluster.advance(2 * TTL);
    distrusted.reconnect();
    await cluster.advance(2 * INTERVAL);
    const large = await cluster.started('large', {}, [A, B]);
    await cluster.advance(2 * TTL + 3 * INTERVAL);
    expect(leaderOf(distrusted, small, large)).toBe('large');
  });

  it('goes to the larger of two followers when the leader shuts down', async () => {
    const cluster = new EngineCluster([A, B]);
    const first = await cluster.started('first');
    const small = await cluster.started('small', {}, [A]);
    const large = await cluster.started('large');
    await cluster.advance(30_000);
    await first.engine.shutdown(0);
    await cluster.advance(200);
    expect(leaderOf(small, large)).toBe('large');
  });

  it('goes to the smaller follower 250 ms later when the larger one has died with the leader', async () => {
    const cluster = new EngineCluster([A, B]);
    const first = await cluster.started('first');
    const small = await cluster.started('small', {}, [A]);
    const large = await cluster.started('large');
    await cluster.advance(30_000);
    large.die();
    await first.engine.shutdown(0);
    await cluster.advance(249);
    expect(leaderOf(small)).toBeUndefined();
    await cluster.advance(60);
    expect(leaderOf(small)).toBe('small');
  });

  it('moves once per ttl at most while sets change, and half as often after three moves, which are reported', async () => {
    const cluster = new EngineCluster([A, B]);
    const pods = [await cluster.started('one'), await cluster.started('two')];
    await cluster.advance(20_000);
    let count = 0;
    for (let round = 0; round < 60; round += 1) {
      for (const pod of pods) {
        const timer = pod.ticker.of('b');
        if (pod.elector.isLeader()) timer.stop();
        else if (timer.isStopped) timer.start();
      }
      await cluster.advance(1000);
      count = moves(...pods);
    }
    expect(count).toBeGreaterThanOrEqual(3);
    expect(count).toBeLessThanOrEqual(5);
    expect(pods.flatMap(pod => pod.told('leader.unsteady')).length).toBeGreaterThan(0);
  });

  it('does not move under a leader that publishes no set, as 0.3 does not, which followers report', async () => {
    const cluster = new EngineCluster([A]);
    const old = await cluster.started('old', { publishes: false });
    const fresh = await cluster.started('new', {}, [A, B]);
    await cluster.advance(60_000);
    expect(leaderOf(old, fresh)).toBe('old');
    const facts = { kind: 'unpublished', holder: 'old', isInformation: true };
    expect(fresh.told('jobs.different')).toMatchObject([facts]);
    await cluster.advance(600_000);
    expect(fresh.told('jobs.different')).toMatchObject([facts, { ...facts, isInformation: false }]);
  });

  it('does not move to a pod that publishes no set', async () => {
    const cluster = new EngineCluster([]);
    const leader = await cluster.started('leader');
    const old = await cluster.started('old', { publishes: false }, [A]);
    await cluster.advance(60_000);
    expect(leaderOf(leader, old)).toBe('leader');
  });
});

describe('the jobs of a follower', () => {
  it('are compared with those of the leader: other schedules and settings are reported', async () => {
    const cluster = new EngineCluster([A]);
    await cluster.started('leader', {}, [{ name: 'a', cron: '1 * * * *', policy: { overlap: 'allow' } }]);
    const follower = await cluster.started('follower');
    await cluster.advance(TTL + 5000 + INTERVAL);
    expect(follower.told('jobs.different')).toMatchObject([
      { kind: 'settings', schedules: ['a'], settings: ['a.overlap'], missing: [] },
    ]);
  });

  it('are compared although the set of the leader was missing for a while', async () => {
    const cluster = new EngineCluster([A]);
    await cluster.started('leader', {}, [{ name: 'a', cron: '1 * * * *' }]);
    const follower = cluster.pod('follower');
    follower.candidates.hasLostPages = true;
    follower.start();
    await cluster.advance(5 * INTERVAL);
    follower.candidates.hasLostPages = false;
    await cluster.advance(8 * INTERVAL + TTL + 5000);
    expect(follower.told('jobs.different').at(-1)).toMatchObject({ kind: 'settings', schedules: ['a'] });
  });

  it('are no difference where the leader has them all', async () => {
    const cluster = new EngineCluster([A, B]);
    await cluster.started('leader');
    const follower = await cluster.started('follower', {}, [A]);
    await cluster.advance(60_000);
    expect(follower.told('jobs.different')).toEqual([]);
    expect(follower.jobSets?.difference).toBeUndefined();
  });

  it('are told to other pods again when the store has lost them', async () => {
    const cluster = new EngineCluster([A]);
    const leader = await cluster.started('leader');
    await cluster.advance(5000);
    cluster.lease.candidates.forget();
    await cluster.advance(2 * INTERVAL);
    const follower = await cluster.started('follower');
    await cluster.advance(TTL + 5000 + INTERVAL);
    expect(follower.told('jobs.different')).toEqual([]);
    expect(leader.told('leader.lost')).toEqual([]);
  });

  it.each<[string, (store: Pod['candidates']) => void]>([
    ['loses the pages at once', store => (store.publish = async () => undefined)],
    ['refuses the pages', store => (store.publish = () => Promise.reject(new Error('NOPERM')))],
  ])('publishes a job set once an interval where the store %s', async (_, tamper) => {
    const cluster = new EngineCluster([A]);
    await cluster.started('leader');
    const pod = cluster.pod('pod', {}, [A, B]);
    tamper(pod.candidates);
    let published = 0;
    const publish = pod.candidates.publish.bind(pod.candidates);
    pod.candidates.publish = (page, signal) => {
      published += 1;
      // A way to a store takes its time.
      return pod.clock.wait(1).then(() => publish(page, signal));
    };
    pod.start();
    await cluster.advance(10 * INTERVAL);
    expect(published).toBeGreaterThanOrEqual(8);
    expect(published).toBeLessThanOrEqual(12);
  });
});

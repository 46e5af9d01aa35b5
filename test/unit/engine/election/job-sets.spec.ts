import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL, TTL, type Pod } from '../../../support/engine-harness.js';
import { A, B } from '../../../support/job-sets.js';

describe('the jobs of a follower', () => {
  it('are compared with those of the leader: other schedules and settings are reported', async () => {
    const cluster = new EngineCluster([A]);
    await cluster.started('leader', {}, [{ name: 'a', cron: '1 * * * *', policy: { overlap: 'allow' } }]);
    const follower = await cluster.started('follower');
    await cluster.advance(TTL + 5 * SECOND + INTERVAL);
    expect(follower.eventsOf('jobs.different')).toMatchObject([
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
    await cluster.advance(8 * INTERVAL + TTL + 5 * SECOND);
    expect(follower.eventsOf('jobs.different').at(-1)).toMatchObject({ kind: 'settings', schedules: ['a'] });
  });

  it('are no difference where the leader has them all', async () => {
    const cluster = new EngineCluster([A, B]);
    await cluster.started('leader');
    const follower = await cluster.started('follower', {}, [A]);
    await cluster.advance(MINUTE);
    expect(follower.eventsOf('jobs.different')).toEqual([]);
    expect(follower.jobSets?.difference).toBeUndefined();
  });

  it('are published again when the store has lost them', async () => {
    const cluster = new EngineCluster([A]);
    const leader = await cluster.started('leader');
    await cluster.advance(5 * SECOND);
    cluster.lease.candidates.forget();
    await cluster.advance(2 * INTERVAL);
    const follower = await cluster.started('follower');
    await cluster.advance(TTL + 5 * SECOND + INTERVAL);
    expect(follower.eventsOf('jobs.different')).toEqual([]);
    expect(leader.eventsOf('leader.lost')).toEqual([]);
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

import { afterEach, expect, it } from '@jest/globals';

import { Cluster } from '../../chaos/cluster.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { SOON_MS } from './use-pods.js';

describeWithRedis('pods as processes', () => {
  let cluster: Cluster | undefined;

  afterEach(async () => {
    const verdict = await cluster?.verdict();
    await cluster?.dispose();
    expect(verdict).toEqual({ overlaps: [], doubled: [], staleTokens: [] });
  });

  it('follow a leader that is killed (SIGKILL) long before its ttl', async () => {
    cluster = await Cluster.start(2, { ttl: '10s', interval: '3s' });
    const leader = await cluster.leader();
    await cluster.runs(leader);
    await leader.end('SIGKILL');
    const diedAt = performance.now();
    const next = await cluster.leader(leader);
    expect(performance.now() - diedAt).toBeLessThan(SOON_MS);
    await cluster.runs(next);
  });

  it('leave a leader that is only paused (SIGSTOP) its lease until the ttl', async () => {
    cluster = await Cluster.start(2, { ttl: '3s', interval: '500ms' });
    const leader = await cluster.leader();
    await cluster.runs(leader);
    leader.signal('SIGSTOP');
    leader.isLeader = false;
    const pausedAt = performance.now();
    await cluster.leader(leader);
    expect(performance.now() - pausedAt).toBeGreaterThan(1.5 * SECOND);
    leader.signal('SIGCONT');
  });
});

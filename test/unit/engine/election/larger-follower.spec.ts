import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster } from '../../../support/engine-harness.js';
import { A, B, leaderOf } from '../../../support/job-sets.js';

describe('leadership, when the leader shuts down', () => {
  it('goes to the larger of two followers, though that renews seldom', async () => {
    const often = { intervalMs: 300, ttlMs: 2 * SECOND };
    // Followers also ask after a tick: there is none.
    const a = { ...A, cron: '0 * * * *' };
    const cluster = new EngineCluster([a, { ...a, name: 'b' }]);
    const first = await cluster.started('first', often);
    const small = await cluster.started('small', often, [a]);
    const large = await cluster.started('large', { intervalMs: 6 * SECOND, ttlMs: 20 * SECOND });
    await cluster.advance(40 * SECOND);
    expect(small.jobSets?.deferMs).toBe(250);
    await first.engine.shutdown(0);
    await cluster.advance(200);
    expect(leaderOf(small, large)).toBe('large');
  });

  it('goes to the larger of two followers when the leader shuts down', async () => {
    const cluster = new EngineCluster([A, B]);
    const first = await cluster.started('first');
    const small = await cluster.started('small', {}, [A]);
    const large = await cluster.started('large');
    await cluster.advance(30 * SECOND);
    await first.engine.shutdown(0);
    await cluster.advance(200);
    expect(leaderOf(small, large)).toBe('large');
  });

  it('goes to the smaller follower 250 ms later when the larger one has died with the leader', async () => {
    const cluster = new EngineCluster([A, B]);
    const first = await cluster.started('first');
    const small = await cluster.started('small', {}, [A]);
    const large = await cluster.started('large');
    await cluster.advance(30 * SECOND);
    large.die();
    await first.engine.shutdown(0);
    await cluster.advance(249);
    expect(leaderOf(small)).toBeUndefined();
    await cluster.advance(60);
    expect(leaderOf(small)).toBe('small');
  });
});

import { describe, expect, it } from '@jest/globals';

import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL, TTL } from '../../../support/engine-harness.js';

/** As long as no run lock lasts, and longer than a timer of Node.js can be set for. */
const WAITS = [TTL + 1, 1e9, Number.MAX_SAFE_INTEGER];
const POLICIES: readonly Partial<JobPolicy>[] = [
  { overlap: 'skip' },
  { overlap: 'skip', recover: true },
  { overlap: 'queue' },
  { overlap: 'queue', recover: true },
];
const cells = POLICIES.flatMap(policy => WAITS.map(waitMs => ({ policy, waitMs })));

describe('a wait that the store names', () => {
  it.each(cells)('of $waitMs ms lasts no longer than a ttl: $policy', async ({ policy, waitMs }) => {
    const handler = (_: unknown, { name }: { name: string }) =>
      name === 'a' ? new Promise(() => undefined) : undefined;
    const cluster = new EngineCluster([{ handler, policy }]);
    const a = await cluster.started('a');
    const b = cluster.pod('b');
    b.runs.waitMs = waitMs;
    b.start();
    await cluster.advance(1.5 * SECOND);
    void a.elector.resign();
    await cluster.advance(SECOND);
    expect(b.elector.isLeader()).toBe(true);
    a.die();
    // The run lock of the dead pod, the wait that is capped, and a poll.
    await cluster.advance(TTL + INTERVAL + SECOND);
    expect(cluster.calls.filter(({ pod }) => pod === 'b')).not.toEqual([]);
    expect(b.clock.longestMs).toBeLessThanOrEqual(TTL);
  });

  it.each(WAITS)('of %s ms until a tick lasts no longer than an interval', async waitMs => {
    const cluster = new EngineCluster([{}]);
    const a = cluster.pod('a', { aheadMs: 400 });
    a.runs.waitMs = waitMs;
    a.start();
    await cluster.advance(4 * INTERVAL);
    expect(cluster.calls.length).toBeGreaterThan(0);
    expect(a.clock.longestMs).toBeLessThanOrEqual(TTL);
  });
});

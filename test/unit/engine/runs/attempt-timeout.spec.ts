import { describe, expect, it } from '@jest/globals';

import { AttemptTimeoutError } from '../../../../lib/core/errors/errors.js';
import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { SECOND } from '../../../support/durations.js';
import { EngineCluster, type JobSpec } from '../../../support/engine-harness.js';
import { endless, obedient, ONCE, oneRun } from '../../../support/one-run.js';

const timeout = (policy: Partial<JobPolicy> = {}) => ({ policy: { timeoutMs: 2 * SECOND, ...policy } });

describe('an attempt that takes longer than its timeout', () => {
  it('is informed by its signal, and recorded as timed out', async () => {
    const { cluster, a } = await oneRun({ ...timeout(), handler: obedient });
    await cluster.advance(2 * SECOND);
    expect(cluster.calls[0]?.context.signal.reason).toBeInstanceOf(AttemptTimeoutError);
    expect(a.eventsOf('job.failed')).toMatchObject([{ outcome: 'timed-out', durationMs: 2 * SECOND }]);
    const { state, facts } = await cluster.recordOf(1);
    expect([state, facts['errorName']]).toEqual(['timed-out', 'AttemptTimeoutError']);
    expect(facts['errorMessage']).toMatch(/timeout of 2s/);
  });

  it('is timed out even when its handler returns in spite of that', async () => {
    const handler: JobSpec['handler'] = (_, pod) => pod.clock.wait(3 * SECOND);
    const { cluster } = await oneRun({ ...timeout(), handler });
    await cluster.advance(4 * SECOND);
    expect(await cluster.outcomes()).toEqual(['1 timed-out']);
  });

  it('leaves no timer behind', async () => {
    const cluster = new EngineCluster([{ cron: ONCE, ...timeout() }]);
    await cluster.started('a');
    await cluster.advance(900);
    const { pending } = cluster.clock;
    await cluster.advance(100);
    expect(cluster.calls).toHaveLength(1);
    expect(cluster.clock.pending).toBeLessThanOrEqual(pending);
  });
});

describe('an attempt that has timed out', () => {
  it('is given up when its handler ignores the signal, and not tried again beside it', async () => {
    const retry = { attempts: 3, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const { cluster, a } = await oneRun({ ...timeout({ retry }), handler: endless });
    await cluster.advance(6999);
    expect(a.executor.running).toHaveLength(1);
    await cluster.advance(1);
    expect(a.executor.running).toHaveLength(0);
    await cluster.advance(10 * SECOND);
    expect(cluster.calls).toHaveLength(1);
    expect(await cluster.outcomes()).toEqual(['1 timed-out']);
  });

  it('is tried again when its handler obeys the signal', async () => {
    const retry = { attempts: 2, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const { cluster, a } = await oneRun({ ...timeout({ retry }), handler: obedient });
    await cluster.advance(10 * SECOND);
    expect(cluster.calls.map(({ context }) => context.attempt)).toEqual([1, 2]);
    expect(a.eventsOf('job.failed')).toMatchObject([{ outcome: 'timed-out', attempt: 2 }]);
  });

  it('has a timeout of its own each time', async () => {
    const retry = { attempts: 3, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const handler: JobSpec['handler'] = async ({ attempt }, pod) => {
      await pod.clock.wait(1.5 * SECOND);
      if (attempt < 3) throw new Error('not yet');
    };
    const { cluster } = await oneRun({ ...timeout({ retry }), handler });
    await cluster.advance(10 * SECOND);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });
});

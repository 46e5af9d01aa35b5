import { describe, expect, it } from '@jest/globals';

import { LeadershipLostError } from '../../../../lib/core/errors/errors.js';
import { electionTiming } from '../../../../lib/core/election/timing.js';
import { SECOND } from '../../../support/durations.js';
import { INTERVAL, TTL } from '../../../support/engine-harness.js';
import { obedient, oneRun } from '../../../support/one-run.js';

describe('the signal of a run', () => {
  it('aborts with LeadershipLostError at the local deadline of its run lock', async () => {
    const { cluster, a } = await oneRun({ handler: obedient });
    a.cutOff();
    const signal = cluster.calls[0]?.context.signal;
    await cluster.advance(8999);
    expect(signal?.aborted).toBe(false);
    await cluster.advance(1);
    expect(signal?.reason).toBeInstanceOf(LeadershipLostError);
    // The store does not confirm the record: listeners are informed when the command has timed out.
    await cluster.advance(electionTiming(INTERVAL, TTL).commandTimeoutMs);
    expect(a.eventsOf('job.failed')).toMatchObject([
      { outcome: 'aborted', error: { code: 'LEADERSHIP_LOST' } },
    ]);
  });

  it('aborts as soon as the store says that the run lock is gone', async () => {
    const { cluster, a } = await oneRun({ handler: obedient });
    const [{ tick, runId } = { tick: 0, runId: '' }] = a.runs.claimed;
    // As when this pod was paused, and another one settled its run.
    const facts = { startedAt: 0 };
    const retention = { keep: 10, maxAgeMs: 1000000 * SECOND };
    const ended = {
      job: 'job',
      tick,
      runId,
      manual: false,
      state: 'failed',
      attempt: 1,
      retention,
      facts,
    } as const;
    await a.runs.finish([ended], new AbortController().signal);
    await cluster.advance(3 * SECOND);
    expect(cluster.calls[0]?.context.signal.reason).toBeInstanceOf(LeadershipLostError);
  });

  it('stays as it is when heartbeats fail for a while only', async () => {
    const { cluster, a } = await oneRun({ handler: (_, pod) => pod.clock.wait(30 * SECOND) });
    a.runs.faults.heartbeat = 'fails';
    await cluster.advance(8 * SECOND);
    a.runs.faults.heartbeat = 'none';
    await cluster.advance(23 * SECOND);
    expect(cluster.calls[0]?.context.signal.aborted).toBe(false);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });
});

describe('a suspension of the machine that outlasts the run lock', () => {
  it('aborts the signal of the run', async () => {
    const { cluster } = await oneRun({ handler: obedient });
    cluster.clock.suspendFor(9.5 * SECOND);
    await cluster.advance(SECOND);
    expect(cluster.calls[0]?.context.signal.reason).toBeInstanceOf(LeadershipLostError);
  });

  it('keeps the next attempt, which waits for its backoff, from starting', async () => {
    const retry = { attempts: 5, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const { cluster } = await oneRun({
      policy: { retry },
      handler: () => Promise.reject(new Error('again')),
    });
    await cluster.advance(50);
    cluster.clock.suspendFor(9.5 * SECOND);
    // Its timer comes before the run lock is checked.
    await cluster.advance(60);
    expect(cluster.calls).toHaveLength(1);
    expect(cluster.calls[0]?.context.signal.reason).toBeUndefined();
    expect(await cluster.outcomes()).toEqual(['1 aborted']);
  });
});

import { describe, expect, it } from '@jest/globals';

import { ShutdownError } from '../../../lib/core/errors/errors.js';
import type { Run } from '../../../lib/core/run/run.js';
import { HOUR, SECOND } from '../../support/durations.js';
import { EngineCluster, type JobSpec, type Pod } from '../../support/engine-harness.js';

/** Begins to shut a pod down; the fields say how far that is. */
function shutDown(pod: Pod, drainTimeoutMs: number) {
  const state: { leftover: readonly Run[] | undefined } = { leftover: undefined };
  void pod.engine.shutdown(drainTimeoutMs).then(leftover => (state.leftover = leftover));
  return state;
}

const slow = (ms: number): JobSpec => ({
  name: 'slow',
  cron: '1 * * * * *',
  handler: (_, pod) => pod.clock.wait(ms),
});
const quick: JobSpec = { name: 'quick' };
const endless: JobSpec['handler'] = () => new Promise(() => undefined);

describe('a pod that shuts down', () => {
  it('resigns first, so that other jobs go on elsewhere while a run drains here', async () => {
    const cluster = new EngineCluster([{ ...slow(20 * SECOND), cron: '* * * * * *' }, quick]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    const state = shutDown(a, 25 * SECOND);
    await cluster.advance(100);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([false, true]);
    await cluster.advance(19.3 * SECOND);
    expect(cluster.runsBy('quick').slice(0, 3)).toEqual(['a 1', 'b 2', 'b 3']);
    expect(cluster.runsBy('slow')).toEqual(['a 1']);
    expect(state.leftover).toBeUndefined();
    await cluster.advance(200);
    expect(state.leftover).toEqual([]);
    expect((await cluster.recordOf(1, undefined, 'slow')).state).toBe('succeeded');
    // By then the run lock would have lapsed by itself.
    await cluster.advance(10 * SECOND);
    expect(cluster.runsBy('slow')).toHaveLength(2);
    expect(cluster.runsBy('slow')[1]).toMatch(/^b /);
  });

  it('is done at once when nothing goes on', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    const state = shutDown(a, 25 * SECOND);
    await cluster.advance(0);
    expect(state.leftover).toEqual([]);
    expect(await cluster.lease.read()).toEqual({ kind: 'free' });
  });

  it('takes no tick from then on', async () => {
    const cluster = new EngineCluster([slow(20 * SECOND), quick]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    shutDown(a, 25 * SECOND);
    await cluster.advance(10 * SECOND);
    expect(cluster.runsBy('quick')).toEqual(['a 1']);
  });

  it('leaves no timer behind', async () => {
    const cluster = new EngineCluster([quick, slow(300)]);
    const a = await cluster.started('a');
    await cluster.advance(1.1 * SECOND);
    shutDown(a, 25 * SECOND);
    await cluster.advance(SECOND);
    expect(cluster.clock.pending).toBe(0);
  });

  it('before it ever led does nothing but stop', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    const b = await cluster.started('b');
    const state = shutDown(b, 25 * SECOND);
    await cluster.advance(10 * SECOND);
    expect(state.leftover).toEqual([]);
    expect(cluster.runsBy()).toHaveLength(10);
  });
});

describe('a pod that shuts down, whose runs do not end in time', () => {
  it('aborts what has not ended in time, which is recorded as aborted', async () => {
    const handler: JobSpec['handler'] = ({ signal }, pod) => pod.clock.wait(HOUR, signal);
    const cluster = new EngineCluster([{ handler }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    const state = shutDown(a, 3 * SECOND);
    await cluster.advance(2999);
    expect(cluster.calls[0]?.context.signal.aborted).toBe(false);
    await cluster.advance(1);
    expect(cluster.calls[0]?.context.signal.reason).toBeInstanceOf(ShutdownError);
    expect(state.leftover?.map(({ ref }) => ref.runId)).toEqual([cluster.calls[0]?.context.runId]);
    expect((await cluster.recordOf(1)).state).toBe('aborted');
    expect(a.eventsOf('job.failed')).toMatchObject([{ outcome: 'aborted', error: { code: 'SHUTDOWN' } }]);
  });

  it('abandons a handler that ignores its signal, and says so in the record', async () => {
    const cluster = new EngineCluster([{ handler: endless }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    const state = shutDown(a, 3 * SECOND);
    await cluster.advance(3999);
    expect(state.leftover).toBeUndefined();
    await cluster.advance(1);
    expect(state.leftover).toHaveLength(1);
    expect((await cluster.recordOf(1)).state).toBe('aborted');
    expect(await cluster.unfinished()).toEqual([]);
  });

  it('does not try a run again that it has aborted', async () => {
    const retry = { attempts: 5, backoffMs: 30 * SECOND, maxBackoffMs: 30 * SECOND, jitter: 0 };
    const handler: JobSpec['handler'] = () => Promise.reject(new Error('no'));
    const cluster = new EngineCluster([{ handler, policy: { retry } }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    const state = shutDown(a, 3 * SECOND);
    await cluster.advance(3 * SECOND);
    expect(cluster.calls).toHaveLength(1);
    expect(state.leftover).toHaveLength(1);
    expect((await cluster.recordOf(1)).state).toBe('aborted');
  });
});

describe('a pod that shuts down, and what it has claimed', () => {
  it('releases a queued tick, which the next leader runs', async () => {
    const spec: JobSpec = { ...slow(10 * SECOND), cron: '1-2 * * * * *', policy: { overlap: 'queue' } };
    const cluster = new EngineCluster([spec]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(2.5 * SECOND);
    shutDown(a, 25 * SECOND);
    await cluster.advance(20 * SECOND);
    expect(cluster.runsBy('slow')).toEqual(['a 1', 'b 2']);
  });

  it('releases a tick that is granted while it shuts down', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    await cluster.started('b');
    a.runs.onClaimAnswered = () => void shutDown(a, SECOND);
    await cluster.advance(2 * SECOND);
    expect(cluster.runsBy()).toEqual(['b 1']);
  });

  it('releases what it recovers while it shuts down', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *', handler: endless, policy: { recover: true } }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    b.runs.onAdopted = () => void shutDown(b, SECOND);
    a.die();
    await cluster.advance(14 * SECOND);
    expect(b.eventsOf('leader.lost')).toMatchObject([{ reason: 'shutdown' }]);
    await cluster.started('c');
    await cluster.advance(5 * SECOND);
    expect(cluster.runsBy()).toEqual(['a 1', 'c 1']);
  });

  it('leaves the ticks that wait for their turn to the next leader', async () => {
    const cluster = new EngineCluster([
      { policy: { catchUp: 'all' }, handler: (_, pod) => pod.clock.wait(800) },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(0);
    await cluster.clock.pauseFor(4.5 * SECOND);
    await cluster.advance(100);
    expect(cluster.seconds()).toEqual([1]);
    shutDown(a, 25 * SECOND);
    await cluster.advance(800);
    await cluster.started('b');
    await cluster.advance(3.5 * SECOND);
    expect(cluster.runsBy().slice(0, 5)).toEqual(['a 1', 'b 2', 'b 3', 'b 4', 'b 5']);
  });
});

describe('a pod that shuts down while the store fails', () => {
  it('releases the lease soon, though its claims are not answered', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(500);
    a.runs.fault = 'hangs';
    await cluster.advance(SECOND);
    shutDown(a, SECOND);
    await cluster.advance(300);
    expect(b.elector.isLeader()).toBe(true);
  });

  it.each(['hangs', 'fails'] as const)('is done in a few seconds when the store %s', async fault => {
    const cluster = new EngineCluster([{ handler: (_, pod) => pod.clock.wait(500) }]);
    const a = await cluster.started('a');
    await cluster.advance(1.1 * SECOND);
    a.runs.fault = fault;
    a.lease.fault = fault;
    const state = shutDown(a, 25 * SECOND);
    await cluster.advance(15 * SECOND);
    expect(state.leftover).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, secondOf, START, type Pod } from '../../../support/engine-harness.js';

const claimsOf = (pod: Pod, second: number) =>
  pod.runs.claimed.filter(({ tick }) => secondOf(tick) === second).map(({ runId }) => runId);

describe('a claim without an answer', () => {
  it('is sent again with the same run id, and its run starts once', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.runs.faults.claim = 'loses-replies';
    await cluster.advance(3.5 * SECOND);
    expect(cluster.calls).toEqual([]);
    a.runs.faults.claim = 'none';
    await cluster.advance(1.4 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
    expect(claimsOf(a, 1).length).toBeGreaterThan(1);
    expect(new Set(claimsOf(a, 1)).size).toBe(1);
    expect(claimsOf(a, 2)).toHaveLength(1);
  });

  it('is released when the term ends first, and the next leader runs the tick', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    a.runs.faults.claim = 'loses-replies';
    a.lease.fault = 'hangs';
    await cluster.advance(9.9 * SECOND);
    expect(a.skips).toEqual(['1 store-unavailable']);
    expect(await cluster.unfinished()).toEqual(['1 not live']);
    await cluster.advance(200);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.runsBy()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(n => `b ${n}`));
    expect(cluster.calls[0]?.context).toMatchObject({ catchUp: true, attempt: 1 });
  });

  it('that cannot be released either is visible as abandoned, and not run', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    a.runs.faults.claim = 'loses-replies';
    a.runs.faults.release = 'hangs';
    a.lease.fault = 'hangs';
    await cluster.advance(30 * SECOND);
    expect(cluster.calls).toEqual([]);
    expect(b.eventsOf('job.abandoned')).toMatchObject([{ tick: new Date(START + SECOND) }]);
    expect(await cluster.outcomes()).toEqual(['1 abandoned']);
  });

  it('holds up no other job', async () => {
    const cluster = new EngineCluster([
      { name: 'one', cron: '1 * * * * *' },
      { name: 'two', cron: '3 * * * * *' },
    ]);
    const a = await cluster.started('a');
    a.runs.faults.claim = 'hangs';
    await cluster.advance(2.9 * SECOND);
    a.runs.faults.claim = 'none';
    await cluster.advance(200);
    expect(cluster.seconds('two')).toEqual([3]);
    await cluster.advance(1.5 * SECOND);
    expect(cluster.seconds('one')).toEqual([1]);
  });
});

describe('a leader whose term the store refuses', () => {
  it('steps down, whatever its clock says', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const token = a.elector.currentTerm()?.token ?? 0;
    await cluster.lease.resign({ podId: 'a', token });
    const other = { podId: 'x', ttlMs: 5 * SECOND, endedToken: 0, evidence: false, watched: [] };
    await cluster.lease.acquire(other);
    await cluster.advance(900);
    expect(a.elector.isLeader()).toBe(true);
    await cluster.advance(200);
    expect(a.elector.isLeader()).toBe(false);
    expect(a.eventsOf('leader.lost')).toMatchObject([{ reason: 'lease-lost' }]);
    expect(a.skips).toEqual(['1 not-leader']);
    expect(cluster.calls).toEqual([]);
    await cluster.advance(5 * SECOND);
    expect(a.elector.currentTerm()?.token).toBeGreaterThan(token);
    expect(cluster.seconds()).toEqual([5, 6]);
  });
});

describe('a pod that is suspended between the claim and the start', () => {
  it('does not start the run; it releases the tick, and the next term runs it', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    await cluster.started('b');
    const token = a.elector.currentTerm()?.token ?? Infinity;
    a.runs.onClaimAnswered = () => {
      a.runs.onClaimAnswered = () => undefined;
      cluster.clock.suspendFor(9.5 * SECOND);
    };
    await cluster.advance(1.6 * SECOND);
    expect(a.runs.count('release')).toBe(1);
    await cluster.advance(3.5 * SECOND);
    expect(cluster.seconds()).toEqual([1]);
    const [{ context } = {}] = cluster.calls;
    expect(context).toMatchObject({ catchUp: true, recovering: false });
    expect(context?.token).toBeGreaterThan(token);
  });

  it('starts it when the run lock can still be trusted', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    a.runs.onClaimAnswered = () => cluster.clock.suspendFor(7.5 * SECOND);
    await cluster.advance(SECOND);
    expect(cluster.runsBy()).toEqual(['a 1']);
  });
});

describe('a paused job', () => {
  it('has its ticks recorded as skipped, and catches none of them up afterwards', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.control.pause({ job: 'job', forMs: 2.5 * SECOND, reason: '' });
    await cluster.advance(3.5 * SECOND);
    expect(cluster.seconds()).toEqual([3]);
    expect(a.skips).toEqual(['1 paused', '2 paused']);
    await a.engine.shutdown(0);
    await cluster.started('b');
    expect(cluster.seconds()).toEqual([3]);
  });

  it('is run manually all the same', async () => {
    const cluster = new EngineCluster([{ cron: '0 0 1 1 *' }]);
    const a = await cluster.started('a');
    await cluster.control.pause({ job: 'job', forMs: Infinity, reason: '' });
    a.ticker.of('job').fireOnTick();
    await cluster.advance(0);
    expect(cluster.calls).toHaveLength(1);
  });
});

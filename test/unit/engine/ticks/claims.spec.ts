import { describe, expect, it } from '@jest/globals';

import { EngineCluster, secondOf, START, type Pod } from '../../../support/engine-harness.js';

const claimsOf = (pod: Pod, second: number) =>
  pod.runs.claimed.filter(({ tick }) => secondOf(tick) === second).map(({ runId }) => runId);

describe('a pod whose clock is ahead', () => {
  it('waits until the tick is due by the clock of the store', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a', { aheadMs: 5000 });
    await cluster.advance(10_000);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const { second, at } of cluster.calls) {
      expect(at).toBeGreaterThanOrEqual(second - 0.05);
      expect(at).toBeLessThan(second + 0.05);
    }
  });

  it('does not skip a tick because of a run that is over when the tick is due', async () => {
    const cluster = new EngineCluster([{ handler: (_, pod) => pod.clock.wait(500) }]);
    const a = await cluster.started('a', { aheadMs: 800 });
    await cluster.advance(5700);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5]);
    expect(a.skips).toEqual([]);
  });

  it('skips a tick because of a run that goes on when the tick is due', async () => {
    const cluster = new EngineCluster([{ handler: (_, pod) => pod.clock.wait(1500) }]);
    const a = await cluster.started('a', { aheadMs: 800 });
    await cluster.advance(4100);
    expect(cluster.seconds()).toEqual([1, 3]);
    expect(a.skips).toEqual(['2 running', '4 running']);
  });

  it('neither runs twice nor leaves out what its successor, whose clock is behind, finds', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a', { aheadMs: 3000 });
    const b = await cluster.started('b', { aheadMs: -3000 });
    await cluster.advance(5500);
    await a.elector.resign();
    await cluster.advance(6000);
    expect(b.elector.isLeader()).toBe(true);
    await b.elector.resign();
    await cluster.advance(6000);
    expect(a.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
  });

  it('forgets the ticks that it waits for when its term ends', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a', { aheadMs: 5000 });
    await cluster.started('b');
    await cluster.advance(3500);
    await a.elector.resign();
    await cluster.advance(6000);
    expect(cluster.runsBy()).toEqual(
      [1, 2, 3].map(n => `a ${n}`).concat([4, 5, 6, 7, 8, 9].map(n => `b ${n}`)),
    );
    expect(a.skips).toEqual([]);
  });
});

describe('a pod whose clock is behind', () => {
  it('runs every tick at its instant by the clock of the store', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a', { aheadMs: -5000 });
    await cluster.advance(5000);
    expect(cluster.calls.map(({ second, at }) => [second, at])).toEqual([1, 2, 3, 4, 5].map(n => [n, n]));
    expect(a.told('job.started').map(({ lagMs }) => lagMs)).toEqual([0, 0, 0, 0, 0]);
    expect(cluster.calls[0]?.context.startedAt).toEqual(new Date(START + 1000));
  });

  it('leaves its successor no tick to miss, and misses none of its predecessor', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b', { aheadMs: -2000 });
    const c = await cluster.started('c', { aheadMs: 2000 });
    await cluster.advance(3500);
    await a.elector.resign();
    await cluster.advance(3100);
    expect(b.elector.isLeader() || c.elector.isLeader()).toBe(true);
    await (b.elector.isLeader() ? b : c).elector.resign();
    await cluster.advance(10_000);
    expect(cluster.seconds()).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    expect(cluster.calls.some(({ context }) => context.catchUp)).toBe(false);
    expect([a, b, c].flatMap(pod => pod.told('job.missed'))).toEqual([]);
  });

  it('measures jitter by the clock of the store', async () => {
    const cluster = new EngineCluster([{ cron: '*/10 * * * * *', policy: { jitterMs: 2000 } }]);
    await cluster.started('a', { aheadMs: -5000 });
    await cluster.advance(40_000);
    expect(cluster.seconds()).toEqual([10, 20, 30]);
    for (const { second, at } of cluster.calls) {
      expect(at).toBeGreaterThanOrEqual(second);
      expect(at).toBeLessThanOrEqual(second + 2);
    }
  });

  it('runs no tick twice when its clock is set back', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    await cluster.advance(3500);
    cluster.clock.jumpWall(-2000);
    await cluster.advance(4000);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a claim without an answer', () => {
  it('is asked for again with the same run id, and its run starts once', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.runs.faults.claim = 'loses-replies';
    await cluster.advance(3500);
    expect(cluster.calls).toEqual([]);
    a.runs.faults.claim = 'none';
    await cluster.advance(1400);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
    expect(claimsOf(a, 1).length).toBeGreaterThan(1);
    expect(new Set(claimsOf(a, 1)).size).toBe(1);
    expect(claimsOf(a, 2)).toHaveLength(1);
  });

  it('is given back when the term ends first, and the next leader runs the tick', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    a.runs.faults.claim = 'loses-replies';
    a.lease.fault = 'hangs';
    await cluster.advance(9900);
    expect(a.skips).toEqual(['1 store-unavailable']);
    expect(await cluster.unfinished()).toEqual(['1 not live']);
    await cluster.advance(200);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.runsBy()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(n => `b ${n}`));
    expect(cluster.calls[0]?.context).toMatchObject({ catchUp: true, attempt: 1 });
  });

  it('that cannot be given back either is visible as abandoned, and not run', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    a.runs.faults.claim = 'loses-replies';
    a.runs.faults.release = 'hangs';
    a.lease.fault = 'hangs';
    await cluster.advance(30_000);
    expect(cluster.calls).toEqual([]);
    expect(b.told('job.abandoned')).toMatchObject([{ tick: new Date(START + 1000) }]);
    expect(await cluster.outcomes()).toEqual(['1 abandoned']);
  });

  it('holds up no other job', async () => {
    const cluster = new EngineCluster([
      { name: 'one', cron: '1 * * * * *' },
      { name: 'two', cron: '3 * * * * *' },
    ]);
    const a = await cluster.started('a');
    a.runs.faults.claim = 'hangs';
    await cluster.advance(2900);
    a.runs.faults.claim = 'none';
    await cluster.advance(200);
    expect(cluster.seconds('two')).toEqual([3]);
    await cluster.advance(1500);
    expect(cluster.seconds('one')).toEqual([1]);
  });
});

describe('a claim that the store cannot decide', () => {
  it('is asked for until it is decided, and told once', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.runs.refusal = 'OOM command not allowed';
    await cluster.advance(1900);
    a.runs.refusal = undefined;
    await cluster.advance(600);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.told('job.blocked')).toEqual([
      { type: 'job.blocked', job: 'job', tick: new Date(START + 1000), message: 'OOM command not allowed' },
    ]);
  });
});

describe('a claim of which it is not certain that it is released', () => {
  it('is given back until that is certain, and its tick runs', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }, { name: 'other', cron: '*/2 * * * * *' }]);
    const a = await cluster.started('a');
    a.runs.refusal = 'OOM command not allowed';
    await cluster.advance(1100);
    // For longer than a ttl runs get no answer, while the lease is renewed.
    a.runs.fault = 'hangs';
    await cluster.advance(12_000);
    expect(a.elector.isLeader()).toBe(true);
    Object.assign(a.runs, { fault: 'none', refusal: undefined });
    await cluster.advance(1500);
    expect(cluster.seconds('job')).toEqual([1]);
    expect(a.skips).toEqual([]);
  });

  it('is no orphan until then: where it was granted, its tick runs', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    a.runs.isUnconfirmed = true;
    a.runs.faults.release = 'hangs';
    await cluster.advance(15_000);
    Object.assign(a.runs, { isUnconfirmed: false });
    a.runs.faults.release = 'none';
    await cluster.advance(20_000);
    expect(cluster.seconds()).toEqual([1]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });
});

describe('a claim that was released, while the store decides nothing', () => {
  it('is not asked for a second time when it is found among the unfinished runs', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *', policy: { overlap: 'allow' } }]);
    const a = await cluster.started('a');
    a.runs.isUnconfirmed = true;
    await cluster.advance(1100);
    a.runs.refusal = 'OOM command not allowed';
    // The renewal tells of an unfinished run, which is then looked for.
    await cluster.advance(2500);
    expect(a.runs.count('adopt')).toBeGreaterThan(0);
    Object.assign(a.runs, { isUnconfirmed: false, refusal: undefined });
    await cluster.advance(1000);
    expect(cluster.seconds()).toEqual([1]);
    expect(a.skips).toEqual([]);
  });
});

describe('claims of one job that the store cannot decide', () => {
  it('are asked for again in the order of their ticks, though the older one is released later', async () => {
    const cluster = new EngineCluster([{ policy: { overlap: 'allow', catchUp: 'skip' } }]);
    const a = await cluster.started('a');
    a.runs.refusal = 'OOM command not allowed';
    let lost = 0;
    a.runs.losesRelease = ({ tick }) => secondOf(tick) === 1 && (lost += 1) === 1;
    cluster.clock.suspendFor(2100);
    await cluster.advance(1100);
    a.runs.refusal = undefined;
    await cluster.advance(3000);
    expect(lost).toBeGreaterThan(0);
    expect(cluster.seconds().slice(0, 3)).toEqual([1, 2, 3]);
  });
});

describe('a leader whose term the store refuses', () => {
  it('steps down, whatever its clock says', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const token = a.elector.currentTerm()?.token ?? 0;
    await cluster.lease.resign({ candidateId: 'a', token });
    const other = { candidateId: 'x', ttlMs: 5000, endedToken: 0, evidence: false, watched: [] };
    await cluster.lease.acquire(other);
    await cluster.advance(900);
    expect(a.elector.isLeader()).toBe(true);
    await cluster.advance(200);
    expect(a.elector.isLeader()).toBe(false);
    expect(a.told('leader.lost')).toMatchObject([{ reason: 'lease-lost' }]);
    expect(a.skips).toEqual(['1 not-leader']);
    expect(cluster.calls).toEqual([]);
    await cluster.advance(5000);
    expect(a.elector.currentTerm()?.token).toBeGreaterThan(token);
    expect(cluster.seconds()).toEqual([5, 6]);
  });
});

describe('a pod that is suspended between the claim and the start', () => {
  it('does not start the run; it gives the tick back, and the next term runs it', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    await cluster.started('b');
    const token = a.elector.currentTerm()?.token ?? Infinity;
    a.runs.onClaimAnswered = () => {
      a.runs.onClaimAnswered = () => undefined;
      cluster.clock.suspendFor(9500);
    };
    await cluster.advance(1600);
    expect(a.runs.count('release')).toBe(1);
    await cluster.advance(3500);
    expect(cluster.seconds()).toEqual([1]);
    const [{ context } = {}] = cluster.calls;
    expect(context).toMatchObject({ catchUp: true, recovering: false });
    expect(context?.token).toBeGreaterThan(token);
  });

  it('starts it when the run-lock can still be trusted', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    a.runs.onClaimAnswered = () => cluster.clock.suspendFor(7500);
    await cluster.advance(1000);
    expect(cluster.runsBy()).toEqual(['a 1']);
  });
});

describe('a paused job', () => {
  it('has its ticks recorded as skipped, and makes none of them up afterwards', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.control.pause({ job: 'job', forMs: 2500, reason: '' });
    await cluster.advance(3500);
    expect(cluster.seconds()).toEqual([3]);
    expect(a.skips).toEqual(['1 paused', '2 paused']);
    await a.engine.shutdown(0);
    await cluster.started('b');
    expect(cluster.seconds()).toEqual([3]);
  });

  it('runs by hand all the same', async () => {
    const cluster = new EngineCluster([{ cron: '0 0 1 1 *' }]);
    const a = await cluster.started('a');
    await cluster.control.pause({ job: 'job', forMs: Infinity, reason: '' });
    a.ticker.of('job').fireOnTick();
    await cluster.advance(0);
    expect(cluster.calls).toHaveLength(1);
  });
});

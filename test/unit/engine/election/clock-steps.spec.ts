import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster } from '../../../support/engine-harness.js';

describe('a store whose clock is set back', () => {
  it('starts no tick twice, is reported by all, and costs the leader nothing', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(30.5 * SECOND);
    cluster.stepStore(-MINUTE);
    await cluster.advance(2 * MINUTE);
    const all = Array.from({ length: 90 }, (_, index) => index + 1);
    expect(cluster.seconds()).toEqual(all);
    for (const pod of [a, b]) {
      const steps = pod.eventsOf('clock.stepped');
      expect(steps).toMatchObject([{ clock: 'redis' }]);
      expect(steps[0]?.byMs).toBeCloseTo(-60_000, -1);
    }
    // While no tick is due that was not run, it is of no use that another pod leads.
    expect(b.eventsOf('job.overdue')).not.toEqual([]);
    expect(a.eventsOf('leader.lost')).toEqual([]);
  });
});

describe('a machine of Redis and the pods whose clock is set back', () => {
  it('opens anew a job that has not run yet', async () => {
    const cluster = new EngineCluster([{ cron: '*/20 * * * * *' }]);
    const pod = await cluster.started('pod');
    await cluster.advance(15.5 * SECOND);
    cluster.clock.jumpWall(-5 * MINUTE);
    await cluster.advance(15 * SECOND);
    // The store in Redis brings it back to the present then.
    expect(pod.runs.sent.filter(operation => operation === 'open')).toHaveLength(2);
    expect(pod.eventsOf('leader.lost')).toEqual([]);
    expect(pod.eventsOf('clock.stepped')).toMatchObject([{ clock: 'pod', byMs: -5 * MINUTE }]);
  });

  it('costs the leader nothing where a run goes on over that, and ends behind the present', async () => {
    const cluster = new EngineCluster([
      {
        cron: '0 * * * * *',
        handler: (_, { clock }) => clock.wait(100 * SECOND),
        policy: { overlap: 'allow' },
      },
    ]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(190 * SECOND);
    cluster.stepStore(-90 * SECOND);
    await cluster.advance(400 * SECOND);
    expect(b.eventsOf('job.overdue').filter(({ isResignationRequested }) => isResignationRequested)).toEqual(
      [],
    );
    expect(a.eventsOf('leader.lost')).toEqual([]);
    expect(new Set(cluster.seconds()).size).toBe(cluster.seconds().length);
  });
});

describe('a leader with a long interval whose machine was suspended beyond its trust', () => {
  const LONG = { intervalMs: 3 * MINUTE, ttlMs: 10 * MINUTE };
  /** How long after it was awake it says that its term is over; leads again by the clock of the store. */
  const saidAfter = async (cron: string): Promise<number> => {
    const cluster = new EngineCluster([{ cron }]);
    const pod = await cluster.started('pod', LONG);
    await cluster.advance(20.5 * SECOND);
    cluster.clock.suspendFor(15 * MINUTE);
    expect(pod.elector.isLeader()).toBe(false);
    const wokeAt = cluster.clock.now().monoMs;
    await cluster.clock.advanceUntil(() => pod.eventsOf('leader.lost').length > 0, MINUTE);
    expect(pod.eventsOf('leader.lost')).toMatchObject([{ reason: 'deadline' }]);
    const saidAt = cluster.clock.now().monoMs;
    await cluster.advance(SECOND);
    expect(pod.elector.isLeader()).toBe(true);
    return saidAt - wokeAt;
  };

  it('says so at its next tick', async () => {
    expect(await saidAfter('* * * * * *')).toBeLessThanOrEqual(SECOND);
  });

  it('says so when the clocks are compared, where no tick is due', async () => {
    expect(await saidAfter('0 0 0 1 7 *')).toBe(9.5 * SECOND);
  });
});

describe('a tick that the store calls early', () => {
  it('starts when it is due, though that answer comes late', async () => {
    const cluster = new EngineCluster([{ cron: '* * * * * *' }]);
    const pod = await cluster.started('pod');
    await cluster.advance(30.5 * SECOND);
    // The next renewal comes at 33 s. Until then the tick of 32 s seems to be due at 31.4 s.
    pod.clock.aheadMs += 600;
    const early: number[] = [];
    pod.runs.onClaimAnswered = ([answer]) => {
      if (answer?.kind !== 'early') return;
      early.push(answer.waitMs);
      pod.runs.delivery = () => pod.clock.wait(500);
    };
    const { delivery } = pod.runs;
    await cluster.advance(1420);
    pod.runs.delivery = delivery;
    await cluster.advance(SECOND);
    expect(early[0]).toBe(600);
    const run = cluster.calls.find(({ second }) => second === 32);
    expect(run?.at).toBeGreaterThanOrEqual(31.95);
    expect(run?.at).toBeLessThanOrEqual(32.02);
    expect(early.length).toBeLessThanOrEqual(2);
  });
});

describe('a wall clock that steps', () => {
  it.each([
    ['is set', 40_000],
    ['goes on while the machine sleeps', 8 * 3_600_000],
  ])('over a tick of a job in RAM mode (%s): it is caught up by policy, and reported', async (_, byMs) => {
    const cluster = new EngineCluster([
      { cron: '0 0 12 1 1 *', policy: { catchUpWindowMs: 24 * 3_600_000 } },
    ]);
    const pod = await cluster.started('pod', { isStoreOwn: true });
    await cluster.advance(12 * 3_600_000 - byMs / 2 - (byMs % 10_000) - 3 * SECOND);
    cluster.clock.jumpWall(byMs);
    await cluster.advance(10 * SECOND);
    expect(cluster.seconds()).toEqual([12 * 3600]);
    expect(cluster.calls[0]?.context.catchUp).toBe(true);
    expect(pod.eventsOf('clock.stepped')).toEqual([{ type: 'clock.stepped', byMs, clock: 'pod' }]);
  });

  it('wakes jobs for what comes after the step', async () => {
    const cluster = new EngineCluster([{ cron: '30 * * * * *' }]);
    await cluster.started('pod', { isStoreOwn: true });
    await cluster.advance(5 * SECOND);
    cluster.clock.jumpWall(10 * SECOND);
    await cluster.advance(25 * SECOND);
    expect(cluster.calls.map(({ second, at }) => [second, at])).toEqual([[30, 30]]);
  });
});

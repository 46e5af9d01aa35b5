import { describe, expect, it } from '@jest/globals';

import { ClockWatch } from '../../../../lib/engine/election/clock-watch.js';
import { StoreClock } from '../../../../lib/engine/election/store-clock.js';
import { EngineCluster, START } from '../../../support/engine-harness.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const clock = () => new VirtualClock(START);

/** An answer that comes after a way of so long, half of it back, from a store that is so far ahead of the pod. */
async function answer(storeClock: StoreClock, pod: VirtualClock, wayMs: number, storeAheadMs: number) {
  const askedAt = pod.now();
  await pod.advance(wayMs / 2);
  const storeNow = Math.floor(pod.now().wallMs + storeAheadMs);
  await pod.advance(wayMs / 2);
  storeClock.answered(askedAt, storeNow);
}

describe("the time by the store's clock", () => {
  it('is that of this pod until the store has answered', () => {
    const storeClock = new StoreClock(clock());
    expect(storeClock.nowMs).toBe(START);
    expect(storeClock.aheadMs).toBeUndefined();
  });

  it.each([3000, -3000])('is known from one answer, %d ms off', async aheadMs => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    await answer(storeClock, pod, 4, aheadMs);
    const errorMs = storeClock.nowMs - (pod.now().wallMs + aheadMs);
    expect(Math.abs(errorMs)).toBeLessThanOrEqual(2);
    expect(Math.abs((storeClock.aheadMs ?? 0) + aheadMs)).toBeLessThanOrEqual(2);
  });

  it('is off by no more than half of the way', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    for (let round = 0; round < 50; round += 1) {
      await answer(storeClock, pod, (round % 5) * 0.7, 1234.5);
      await pod.advance(777);
      expect(Math.abs(storeClock.nowMs - (pod.now().wallMs + 1234.5))).toBeLessThanOrEqual(2.4);
    }
  });

  it('keeps what a short way has shown when an answer takes long', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    await answer(storeClock, pod, 1, 3000);
    const askedAt = pod.now();
    const storeNow = pod.now().wallMs + 3000;
    await pod.advance(800);
    storeClock.answered(askedAt, storeNow);
    expect(Math.abs(storeClock.nowMs - (pod.now().wallMs + 3000))).toBeLessThanOrEqual(2);
  });

  it('tells who watches of small corrections, too, once they have added up', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    await answer(storeClock, pod, 1, 0);
    let shifts = 0;
    storeClock.watch(() => (shifts += 1));
    // A pod whose clocks lose 6 ms of every 2 s.
    for (let round = 1; round <= 50; round += 1) {
      await pod.advance(2000);
      await answer(storeClock, pod, 1, 6 * round);
    }
    expect(shifts).toBeGreaterThanOrEqual(10);
    expect(shifts).toBeLessThanOrEqual(15);
  });

  it('follows a clock that was set, here or there, with the next answer, and tells who watches', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    let shifts = 0;
    storeClock.watch(() => (shifts += 1));
    await answer(storeClock, pod, 1, 0);
    expect(shifts).toBe(0);
    pod.jumpWall(5000);
    await answer(storeClock, pod, 1, -5000);
    expect(Math.abs(storeClock.nowMs - (pod.now().wallMs - 5000))).toBeLessThanOrEqual(2);
    await answer(storeClock, pod, 1, 60_000);
    expect(Math.abs(storeClock.nowMs - (pod.now().wallMs + 60_000))).toBeLessThanOrEqual(2);
    expect(shifts).toBe(2);
  });

  it('stays where it is when the clock of this pod is set back', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    await answer(storeClock, pod, 0, 0);
    pod.jumpWall(-5000);
    expect(storeClock.nowMs).toBe(START);
    await pod.advance(1000);
    expect(storeClock.nowMs).toBe(START + 1000);
  });

  it('is the wall clock of this process where the store is in it', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod, true);
    await answer(storeClock, pod, 0, 3000);
    pod.jumpWall(-5000);
    expect(storeClock.nowMs).toBe(START - 5000);
    expect(storeClock.aheadMs).toBe(0);
  });
});

describe("a step of the store's clock", () => {
  /** The steps that are told of, rounded; the store has answered every three seconds until then. */
  async function stepping() {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    const steps: number[] = [];
    const own: number[] = [];
    storeClock.watchSteps(({ byMs, isOwn }) => (isOwn ? own : steps).push(Math.round(byMs / 10) * 10));
    const answers = async (storeAheadMs: number) => {
      for (let round = 0; round < 3; round += 1) {
        await pod.advance(3000);
        await answer(storeClock, pod, 4, storeAheadMs);
      }
    };
    await answers(0);
    return { pod, storeClock, steps, own, answers };
  }

  it.each([600_000, 60_000, -60_000, -600_000])('is told of once, and by how much: %d ms', async byMs => {
    const { steps, answers, storeClock, pod } = await stepping();
    await answers(byMs);
    expect(steps).toEqual([byMs]);
    expect(Math.abs(storeClock.nowMs - (pod.now().wallMs + byMs))).toBeLessThanOrEqual(5);
  });

  it('is told of before those who watch look at the time, which is the new one by then', async () => {
    const { storeClock, answers, pod } = await stepping();
    const order: string[] = [];
    storeClock.watch(() => order.push('corrected'));
    storeClock.watchSteps(() =>
      order.push(storeClock.nowMs < pod.now().wallMs - 50_000 ? 'stepped' : 'too early'),
    );
    await answers(-60_000);
    expect(order).toEqual(['stepped', 'corrected']);
  });

  it('shows in the answer that a tick is early', async () => {
    const { pod, storeClock, steps } = await stepping();
    storeClock.corrected(pod.now(), pod.now().wallMs - 60_000);
    expect(steps).toEqual([-60_000]);
  });

  it('is one of this pod where only its clock was set: the time was taken for another one', async () => {
    const { pod, steps, own, answers } = await stepping();
    pod.jumpWall(60_000);
    await answers(-60_000);
    pod.jumpWall(-60_000);
    await answers(0);
    expect(steps).toEqual([]);
    expect(own).toEqual([-60_000]);
  });

  it('is one of this pod as well where both clocks were set', async () => {
    const { pod, steps, own, answers } = await stepping();
    pod.jumpWall(-60_000);
    await answers(0);
    expect(steps).toEqual([]);
    expect(own).toEqual([-60_000]);
  });

  it('is none where an answer takes long', async () => {
    const { pod, storeClock, steps } = await stepping();
    for (const wayMs of [1, 20_000, 5, 40_000]) {
      await answer(storeClock, pod, wayMs, 0);
      await pod.advance(1000);
    }
    expect(steps).toEqual([]);
  });
});

describe('a store whose clock is set back', () => {
  it('starts no tick twice, is reported by all, and costs the leader nothing', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(30_500);
    cluster.stepStore(-60_000);
    await cluster.advance(120_000);
    const all = Array.from({ length: 90 }, (_, index) => index + 1);
    expect(cluster.seconds()).toEqual(all);
    for (const pod of [a, b]) {
      const steps = pod.told('clock.stepped');
      expect(steps).toMatchObject([{ clock: 'redis' }]);
      expect(steps[0]?.byMs).toBeCloseTo(-60_000, -1);
    }
    // While no tick is due that was not run, it is of no use that another pod leads.
    expect(b.told('job.overdue')).not.toEqual([]);
    expect(a.told('leader.lost')).toEqual([]);
  });
});

describe('a machine of Redis and the pods whose clock is set back', () => {
  it('opens anew a job that has not run yet', async () => {
    const cluster = new EngineCluster([{ cron: '*/20 * * * * *' }]);
    const pod = await cluster.started('pod');
    await cluster.advance(15_500);
    cluster.clock.jumpWall(-300_000);
    await cluster.advance(15_000);
    // The store in Redis brings it back to the present then.
    expect(pod.runs.sent.filter(operation => operation === 'open')).toHaveLength(2);
    expect(pod.told('leader.lost')).toEqual([]);
    expect(pod.told('clock.stepped')).toMatchObject([{ clock: 'pod', byMs: -300_000 }]);
  });

  it('costs the leader nothing where a run goes on over that, and ends behind the present', async () => {
    const cluster = new EngineCluster([
      { cron: '0 * * * * *', handler: (_, { clock }) => clock.wait(100_000), policy: { overlap: 'allow' } },
    ]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(190_000);
    cluster.stepStore(-90_000);
    await cluster.advance(400_000);
    expect(b.told('job.overdue').filter(({ isAskedToResign }) => isAskedToResign)).toEqual([]);
    expect(a.told('leader.lost')).toEqual([]);
    expect(new Set(cluster.seconds()).size).toBe(cluster.seconds().length);
  });
});

describe('a tick that the store calls early', () => {
  it('starts when it is due, though that answer comes late', async () => {
    const cluster = new EngineCluster([{ cron: '* * * * * *' }]);
    const pod = await cluster.started('pod');
    await cluster.advance(30_500);
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
    await cluster.advance(1000);
    expect(early[0]).toBe(600);
    const run = cluster.calls.find(({ second }) => second === 32);
    expect(run?.at).toBeGreaterThanOrEqual(31.95);
    expect(run?.at).toBeLessThanOrEqual(32.02);
    expect(early.length).toBeLessThanOrEqual(2);
  });
});

describe('a wall clock that steps', () => {
  it('is noticed within ten seconds, once, and by how much', async () => {
    const pod = clock();
    const steps: number[] = [];
    const watch = new ClockWatch(pod, 10_000, byMs => steps.push(byMs));
    watch.start();
    await pod.advance(25_000);
    pod.jumpWall(40_000);
    await pod.advance(20_000);
    pod.jumpWall(-7000);
    await pod.advance(20_000);
    watch.stop();
    pod.jumpWall(40_000);
    await pod.advance(20_000);
    expect(steps).toEqual([40_000, -7000]);
    expect(pod.pending).toBe(0);
  });

  it.each([
    ['is set', 40_000],
    ['goes on while the machine sleeps', 8 * 3_600_000],
  ])('over a tick of a job in RAM mode (%s): it is caught up by policy, and reported', async (_, byMs) => {
    const cluster = new EngineCluster([
      { cron: '0 0 12 1 1 *', policy: { catchUpWindowMs: 24 * 3_600_000 } },
    ]);
    const pod = await cluster.started('pod', { isStoreOwn: true });
    await cluster.advance(12 * 3_600_000 - byMs / 2 - (byMs % 10_000) - 3000);
    cluster.clock.jumpWall(byMs);
    await cluster.advance(10_000);
    expect(cluster.seconds()).toEqual([12 * 3600]);
    expect(cluster.calls[0]?.context.catchUp).toBe(true);
    expect(pod.told('clock.stepped')).toEqual([{ type: 'clock.stepped', byMs, clock: 'pod' }]);
  });

  it('wakes jobs for what comes after the step', async () => {
    const cluster = new EngineCluster([{ cron: '30 * * * * *' }]);
    await cluster.started('pod', { isStoreOwn: true });
    await cluster.advance(5000);
    cluster.clock.jumpWall(10_000);
    await cluster.advance(25_000);
    expect(cluster.calls.map(({ second, at }) => [second, at])).toEqual([[30, 30]]);
  });
});

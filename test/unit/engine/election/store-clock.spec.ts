import { describe, expect, it } from '@jest/globals';

import { ClockWatch } from '../../../../lib/engine/election/clock-watch.js';
import { StoreClock } from '../../../../lib/engine/election/store-clock.js';
import { SECOND } from '../../../support/durations.js';
import { START } from '../../../support/engine-harness.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { answer } from '../../../support/store-clock-answer.js';

const clock = () => new VirtualClock(START);

describe('the time by the clock of the store', () => {
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

  it('is the wall clock of this process where the store is in it', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod, true);
    await answer(storeClock, pod, 0, 3000);
    pod.jumpWall(-5 * SECOND);
    expect(storeClock.nowMs).toBe(START - 5 * SECOND);
    expect(storeClock.aheadMs).toBe(0);
  });
});

describe('the time by the clock of the store, when a clock is set', () => {
  it('notifies its watcher of small corrections, too, once they have added up', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    await answer(storeClock, pod, 1, 0);
    let shifts = 0;
    storeClock.watch(() => (shifts += 1));
    // A pod whose clocks lose 6 ms of every 2 s.
    for (let round = 1; round <= 50; round += 1) {
      await pod.advance(2 * SECOND);
      await answer(storeClock, pod, 1, 6 * round);
    }
    expect(shifts).toBeGreaterThanOrEqual(10);
    expect(shifts).toBeLessThanOrEqual(15);
  });

  it('follows a clock that was set, here or there, with the next answer, and notifies its watcher', async () => {
    const pod = clock();
    const storeClock = new StoreClock(pod);
    let shifts = 0;
    storeClock.watch(() => (shifts += 1));
    await answer(storeClock, pod, 1, 0);
    expect(shifts).toBe(0);
    pod.jumpWall(5 * SECOND);
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
    pod.jumpWall(-5 * SECOND);
    expect(storeClock.nowMs).toBe(START);
    await pod.advance(SECOND);
    expect(storeClock.nowMs).toBe(START + SECOND);
  });
});

describe('a wall clock that steps', () => {
  it('is noticed within ten seconds, once, and by how much', async () => {
    const pod = clock();
    const steps: number[] = [];
    const watch = new ClockWatch(pod, 10_000, byMs => steps.push(byMs));
    watch.start();
    await pod.advance(25 * SECOND);
    pod.jumpWall(40 * SECOND);
    await pod.advance(20 * SECOND);
    pod.jumpWall(-7 * SECOND);
    await pod.advance(20 * SECOND);
    watch.stop();
    pod.jumpWall(40 * SECOND);
    await pod.advance(20 * SECOND);
    expect(steps).toEqual([40_000, -7000]);
    expect(pod.pending).toBe(0);
  });
});

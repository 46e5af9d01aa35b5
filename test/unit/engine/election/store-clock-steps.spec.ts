import { describe, expect, it } from '@jest/globals';

import { StoreClock } from '../../../../lib/engine/election/store-clock.js';
import { MINUTE, SECOND } from '../../../support/durations.js';
import { START } from '../../../support/engine-harness.js';
import { answer } from '../../../support/store-clock-answer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** The steps that are reported, rounded; the store has answered every three seconds until then. */
async function stepping() {
  const pod = new VirtualClock(START);
  const storeClock = new StoreClock(pod);
  const steps: number[] = [];
  const own: number[] = [];
  storeClock.watchSteps(({ byMs, isOwn }) => (isOwn ? own : steps).push(Math.round(byMs / 10) * 10));
  const answers = async (storeAheadMs: number) => {
    for (let round = 0; round < 3; round += 1) {
      await pod.advance(3 * SECOND);
      await answer(storeClock, pod, 4, storeAheadMs);
    }
  };
  await answers(0);
  return { pod, storeClock, steps, own, answers };
}

describe('a step of the clock of the store', () => {
  it.each([600_000, 60_000, -60_000, -600_000])('is reported once, and by how much: %d ms', async byMs => {
    const { steps, answers, storeClock, pod } = await stepping();
    await answers(byMs);
    expect(steps).toEqual([byMs]);
    expect(Math.abs(storeClock.nowMs - (pod.now().wallMs + byMs))).toBeLessThanOrEqual(5);
  });

  it('is reported before watchers read the time, which is the new one by then', async () => {
    const { storeClock, answers, pod } = await stepping();
    const order: string[] = [];
    storeClock.watch(() => order.push('corrected'));
    storeClock.watchSteps(() =>
      order.push(storeClock.nowMs < pod.now().wallMs - 50_000 ? 'stepped' : 'too early'),
    );
    await answers(-MINUTE);
    expect(order).toEqual(['stepped', 'corrected']);
  });

  it('shows in the answer that a tick is early', async () => {
    const { pod, storeClock, steps } = await stepping();
    storeClock.corrected(pod.now(), pod.now().wallMs - 60_000);
    expect(steps).toEqual([-60_000]);
  });
});

describe('what is no step of the clock of the store', () => {
  it('is one of this pod where only its clock was set: the time was taken for another one', async () => {
    const { pod, steps, own, answers } = await stepping();
    pod.jumpWall(MINUTE);
    await answers(-MINUTE);
    pod.jumpWall(-MINUTE);
    await answers(0);
    expect(steps).toEqual([]);
    expect(own).toEqual([-60_000]);
  });

  it('is one of this pod as well where both clocks were set', async () => {
    const { pod, steps, own, answers } = await stepping();
    pod.jumpWall(-MINUTE);
    await answers(0);
    expect(steps).toEqual([]);
    expect(own).toEqual([-60_000]);
  });

  it('is none where an answer takes long', async () => {
    const { pod, storeClock, steps } = await stepping();
    for (const wayMs of [1, 20_000, 5, 40_000]) {
      await answer(storeClock, pod, wayMs, 0);
      await pod.advance(SECOND);
    }
    expect(steps).toEqual([]);
  });
});

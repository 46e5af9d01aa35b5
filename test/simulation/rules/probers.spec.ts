import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../support/durations.js';
import { runScenario } from '../run-seed.js';
import type { PodPlan } from '../scenario.js';
import { PLAIN_JOB, PLAIN_WORLD } from './court.js';

const RULE = 'only two followers probe after a tick';
const LATE = 'a crash of the leader delays a tick by half a second';

const pods = (count: number): PodPlan[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `pod-${'abcdef'.charAt(index)}`,
    startsAtMs: 300 * index,
    wallOffsetMs: 0,
    rate: 1,
    delayMs: 1,
  }));

const crash = (pod: string, atMs: number) =>
  ({ kind: 'crash', pod, machine: false, backAfterMs: undefined, atMs }) as const;

/** The judgements in a world of these pods; nothing is convicted. */
const judged = async (plans: readonly PodPlan[], faults: readonly ReturnType<typeof crash>[] = []) => {
  const { violations, counters } = await runScenario({
    ...PLAIN_WORLD,
    fastTakeover: true,
    quietAtMs: 35 * SECOND,
    endsAtMs: MINUTE,
    pods: plans,
    jobs: [PLAIN_JOB],
    faults,
  });
  expect(violations).toEqual([]);
  return { probes: counters.rules[RULE]?.judged ?? 0, crashes: counters.rules[LATE]?.judged ?? 0 };
};

describe('the rules on probers', () => {
  it('judge each probe where a follower is left over, and no pod has changed lately', async () => {
    expect(await judged(pods(3))).toMatchObject({ probes: 0 });
    const { probes } = await judged(pods(5));
    // Two probes a second, once the pods have settled.
    expect(probes).toBeGreaterThan(80);
    expect(probes).toBeLessThanOrEqual(2 * 60);
    const old = pods(5).map((pod, index) => (index === 4 ? { ...pod, publishes: false } : pod));
    expect(await judged(old)).toMatchObject({ probes: 0 });
  });

  it('expect a tick soon after a crash of the leader, when others probe in the stead of two that have crashed', async () => {
    const two = [crash('pod-b', 8 * SECOND), crash('pod-c', 8 * SECOND)];
    expect(await judged(pods(4), [...two, crash('pod-a', 25_900)])).toMatchObject({ crashes: 1 });
  });

  it('expect it after an interval, when both have crashed together with the leader', async () => {
    const all = ['pod-a', 'pod-b', 'pod-c'].map(pod => crash(pod, 25_900));
    expect(await judged(pods(4), all)).toMatchObject({ crashes: 1 });
  });
});

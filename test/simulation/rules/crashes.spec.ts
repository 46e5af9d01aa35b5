import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../support/durations.js';
import type { Fault } from '../faults.js';
import { runScenario } from '../run-seed.js';
import type { JobPlan, PodPlan } from '../scenario.js';
import { PLAIN_JOB, PLAIN_WORLD } from './court.js';

const RULE = 'a crash of the leader delays a tick by half a second';

const pod = (name: string, startsAtMs: number, delayMs: number): PodPlan => ({
  name,
  startsAtMs,
  wallOffsetMs: 0,
  rate: 1,
  delayMs,
});

const end = (name: string, atMs: number, backAfterMs?: number) => ({
  kind: 'crash' as const,
  pod: name,
  machine: false,
  backAfterMs,
  atMs,
});

/** How many ticks the rule judges in a world of three pods; nothing is convicted. */
const judged = async (
  faults: readonly Fault[],
  [podB, podC]: readonly Partial<PodPlan>[] = [],
  own: Partial<JobPlan> = {},
): Promise<number> => {
  const { violations, counters } = await runScenario({
    ...PLAIN_WORLD,
    fastTakeover: true,
    quietAtMs: 25 * SECOND,
    endsAtMs: MINUTE,
    pods: [pod('pod-a', 0, 5), { ...pod('pod-b', 300, 5), ...podB }, { ...pod('pod-c', 600, 0.1), ...podC }],
    jobs: [{ ...PLAIN_JOB, ...own }],
    faults: [...faults].sort((one, two) => one.atMs - two.atMs),
  });
  expect(violations).toEqual([]);
  return counters.rules[RULE]?.judged ?? 0;
};

describe('the rules on crashes', () => {
  it('expect a tick after a crash of the leader by the pods that stand by', async () => {
    const crash = end('pod-a', 18_343);
    expect(await judged([crash])).toBe(1);
    // The one that stands by has other ticks, and ends before the next of them; another one comes meanwhile.
    const away = end('pod-c', 15 * SECOND, 4500);
    const by = (cron: string) => ({ schedules: { fromMs: 0, crons: { 'job-1': cron } } });
    const every3s = by('*/3 * * * * *');
    expect(await judged([crash, away], [every3s])).toBe(1);
    expect(await judged([crash, away, end('pod-b', 20_325)], [every3s])).toBe(0);
    // The next leader has just started: what was missed waits.
    expect(await judged([crash, end('pod-c', 15 * SECOND, 2000)])).toBe(1);
    // The next leader ends before its first tick.
    const every10s = [{}, by('*/10 * * * * *')];
    expect(await judged([crash], every10s)).toBe(1);
    expect(await judged([crash, { ...end('pod-c', 19_600), machine: true }], every10s)).toBe(0);
    // A run was claimed, and its handler not called; or it was to be repeated.
    expect(await judged([end('pod-a', 18_008)])).toBe(0);
    const fails = { cron: '*/5 * * * * *', attempts: 3, failureRate: 1 };
    expect(await judged([end('pod-a', 20_300)], [], { ...fails, attempts: 1 })).toBe(1);
    expect(await judged([end('pod-a', 20_300)], [], fails)).toBe(0);
  });
});

import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../support/durations.js';
import { runScenario } from '../run-seed.js';
import type { JobPlan } from '../scenario.js';
import { PLAIN_JOB, PLAIN_WORLD } from './court.js';

const RULE = 'a queued tick starts when the run before it has ended';

/** How many ends of runs the rule judges in a world of one pod without faults; nothing is convicted. */
const judged = async (own: Partial<JobPlan>): Promise<number> => {
  const { violations, counters } = await runScenario({
    ...PLAIN_WORLD,
    quietAtMs: 10 * SECOND,
    endsAtMs: MINUTE,
    pods: [{ name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 5 }],
    jobs: [{ ...PLAIN_JOB, cron: '*/5 * * * * *', durationsMs: [7 * SECOND], ...own }],
    faults: [],
  });
  expect(violations).toEqual([]);
  return counters.rules[RULE]?.judged ?? 0;
};

describe('the rule on queued ticks', () => {
  it('judges each end of a run behind which a tick waits', async () => {
    expect(await judged({ overlap: 'queue' })).toBe(6);
  });

  it('judges no end of a run behind which none waits', async () => {
    expect(await judged({ overlap: 'queue', durationsMs: [2 * SECOND] })).toBe(0);
    expect(await judged({ overlap: 'skip' })).toBe(0);
    expect(await judged({ overlap: 'queue', attempts: 2 })).toBe(0);
  });
});

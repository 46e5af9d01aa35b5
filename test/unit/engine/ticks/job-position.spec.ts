import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { POSITION_TRANSITIONS } from '../../../../lib/engine/ticks/job-position.js';
import {
  INTERVAL,
  SECOND,
  ScriptedJob,
  START,
  TOKEN,
  turns,
  type Walk,
} from '../../../support/scripted-job.js';
import { transitionsOf, watch } from '../../../support/transitions.js';

const displaced = (job: ScriptedJob) => job.scheduler.post({ kind: 'displaced' });
const runEnded = (job: ScriptedJob) => job.scheduler.post({ kind: 'run-ended' });
const nextTerm = (job: ScriptedJob) => job.place(TOKEN + 1);
const after =
  (reach: (job: ScriptedJob) => Promise<void> | void, act: (job: ScriptedJob) => Promise<void> | void) =>
  async (job: ScriptedJob): Promise<void> => {
    await reach(job);
    await act(job);
  };
const toPlaced = (job: ScriptedJob) => job.place();
const toBlocked = (job: ScriptedJob) => job.blocked();
const toSettling = (job: ScriptedJob) => job.settlingOrphans();
const toResuming = (job: ScriptedJob) => job.resuming();

/** For each transition of the position, a way through it, and where it leads. */
const POSITION_WALKS: Readonly<Record<string, Omit<Walk, 'becomes'> & { readonly becomes: string }>> = {
  'unplaced → open': { go: toPlaced, becomes: 'placed' },
  'placed → open': { go: after(toPlaced, nextTerm), becomes: 'placed' },
  'placed → early': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'early', waitMs: 20 });
    },
    becomes: 'placed',
  },
  'placed → block': { go: toBlocked, becomes: 'blocked' },
  'placed → displace': { go: after(toPlaced, displaced), becomes: 'unplaced' },
  'blocked → open': { go: after(toBlocked, nextTerm), becomes: 'placed' },
  'blocked → settle': { go: toSettling, becomes: 'settling' },
  'blocked → resume': { go: after(toBlocked, job => job.clock.advance(INTERVAL + 1)), becomes: 'placed' },
  'blocked → displace': { go: after(toBlocked, displaced), becomes: 'unplaced' },
  'settling → open': { go: after(toSettling, nextTerm), becomes: 'placed' },
  'settling → resume': { go: after(toSettling, job => job.orphans.settle()), becomes: 'placed' },
  'settling → displace': { go: after(toSettling, displaced), becomes: 'unplaced' },
  'resuming → open': { go: after(toResuming, nextTerm), becomes: 'placed' },
  'resuming → plan': { go: after(toBlocked, runEnded), becomes: 'placed' },
  'resuming → displace': { go: after(toResuming, displaced), becomes: 'unplaced' },
};

describe('the position of a job', () => {
  const walked = new Set<string>();
  let stop = (): void => undefined;
  beforeEach(() => {
    walked.clear();
    stop = watch(POSITION_TRANSITIONS, walked);
  });
  afterEach(() => stop());

  it.each(Object.entries(POSITION_WALKS))('%s', async (transition, { policy, go, becomes }) => {
    const job = new ScriptedJob(policy);
    await go(job);
    await turns();
    expect(walked).toContain(transition);
    expect(job.scheduler.position.standing).toBe(becomes);
    expect(job.emitted.filter(({ type }) => type === 'engine.error')).toEqual([]);
  });

  it('has no other transition', () => {
    expect(Object.keys(POSITION_WALKS).toSorted()).toEqual(transitionsOf(POSITION_TRANSITIONS).toSorted());
  });
});

it('opens a placed job once: its missed ticks are planned once', async () => {
  const job = new ScriptedJob();
  await job.clock.advance(SECOND);
  const { activeSchedule } = job.scheduler.position;
  for (const now of [START + SECOND, START + SECOND])
    job.scheduler.post({ kind: 'placed', activeSchedule, token: TOKEN, watermark: START, now });
  await turns();
  expect(job.states).toEqual(['claiming']);
});

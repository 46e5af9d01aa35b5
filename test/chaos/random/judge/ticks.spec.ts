import { describe, expect, it } from '@jest/globals';

import { CHAOS_JOBS, ticksOf } from '../../../pods/chaos-jobs.js';
import { SECOND } from '../../../support/durations.js';
import {
  all,
  allBut,
  emptied,
  EPOCH_MS,
  everything,
  failedOver,
  instant,
  LATER,
  record,
  recovering,
  run,
  trial,
} from './trial.js';

const twice = [...everything, ...run(instant, 4, { late: 900, life: 'b#2', token: 2 })];
const twiceOverLoss = [...everything, ...run(instant, 4, { late: 1900, life: 'b#2', token: 2 })];

describe('the arithmetic of ticks', () => {
  it('names the seconds of each minute that the step divides', () => {
    const seconds = ticksOf(CHAOS_JOBS.parallel, EPOCH_MS + 40 * SECOND, EPOCH_MS + 70 * SECOND).map(
      tick => (tick - EPOCH_MS) / SECOND,
    );
    expect(seconds).toEqual([42, 49, 56, 60, 67]);
  });
});

describe('the judge of random chaos', () => {
  it('acquits a job whose ticks all started once', () => {
    const { laws, jobs } = trial(instant, everything);
    expect(laws).toEqual([]);
    expect(jobs).toEqual([{ job: 'instant', due: 9, fates: { once: 9 }, caughtUp: 0 }]);
  });

  it('separates lateness by its cause', () => {
    const entries = [
      ...allBut(instant, 1, 8),
      ...run(instant, 1, { late: 2010, clockOffsetMs: -2000 }),
      ...run(instant, 8, { late: 700 }),
    ];
    const faults = [{ kind: 'SIGKILL', target: 'a', from: 7500, to: 8600 }];
    expect(Object.fromEntries(trial(instant, entries, { faults }).lateness)).toEqual({
      'clock behind': [2010],
      'no fault': Array.from({ length: 6 }, () => LATER),
      SIGKILL: [700, LATER],
    });
  });
});

describe('the judge of random chaos, on doubled ticks', () => {
  it('convicts a second run of a tick', () => expect(trial(instant, twice).laws).toContain('doubled'));

  it('convicts a second call of one attempt', () => {
    const [start, end] = run(instant, 4, { late: 10, life: 'b#2', token: 2 });
    const [first] = everything.filter(({ tick }) => tick === start.tick);
    const again = [start, end].map(entry => ({ ...entry, runId: first?.runId ?? '' }));
    expect(trial(instant, [...everything, ...again]).laws).toContain('doubled');
  });

  it.each([emptied, failedOver])('acquits what Redis forgot ($kind), and counts it', loss => {
    const verdict = trial(instant, twiceOverLoss, { losses: [loss] });
    expect(verdict.laws).not.toContain('doubled');
    expect(verdict.jobs[0]?.fates['doubled by loss']).toBe(1);
  });

  it('convicts in strict mode in spite of a fail-over', () =>
    expect(trial(instant, twiceOverLoss, { losses: [failedOver], strict: true }).laws).toContain('doubled'));

  it('convicts when Redis forgot only afterwards', () =>
    expect(trial(instant, twice, { losses: [{ ...emptied, from: 6000, to: 7000 }] }).laws).toContain(
      'doubled',
    ));

  it('acquits a recovery of a job that wishes it', () => {
    const wishes = { late: 4000, life: 'b#2', token: 2, attempt: 2, recovering: true };
    const verdict = trial({ ...recovering, everySeconds: 5 }, [
      ...run(recovering, 5),
      ...run(recovering, 5, wishes),
    ]);
    expect(verdict.laws).toEqual([]);
    expect(verdict.jobs[0]?.fates).toEqual({ recovered: 1 });
  });

  it('convicts a second run of such a job that does not say so', () =>
    expect(
      trial({ ...recovering, everySeconds: 5 }, [
        ...run(recovering, 5),
        ...run(recovering, 5, { late: 4000, attempt: 2 }),
      ]).laws,
    ).toContain('doubled'));
});

describe('the judge of random chaos, on missed ticks', () => {
  it('convicts a tick of which nothing is known', () =>
    expect(trial(instant, allBut(instant, 4)).laws).toEqual(['missed']));

  it('convicts a tick that is recorded as succeeded and never started', () =>
    expect(trial(instant, allBut(instant, 4), { history: [record(instant, 4, 'succeeded')] }).laws).toEqual([
      'missed',
    ]));

  it.each(['skipped', 'missed', 'abandoned'])('acquits a tick that is recorded as %s', outcome => {
    const history = [record(instant, 4, outcome)];
    const lives = [{ life: 'a#1', from: 0, to: 4100, end: 'killed', output: '' } as const];
    const verdict = trial(instant, allBut(instant, 4), { history, lives });
    expect(verdict.laws).toEqual([]);
    expect(verdict.jobs[0]?.fates).toMatchObject({ [outcome]: 1, once: 8 });
  });

  it('counts apart what was abandoned though no pod died', () =>
    expect(
      trial(instant, allBut(instant, 4), { history: [record(instant, 4, 'abandoned')] }).jobs[0]?.fates,
    ).toEqual({ once: 8, 'given up': 1 }));

  it('reads a record of several missed ticks', () => {
    const history = [record(instant, 6, 'missed', 3)];
    expect(trial(instant, allBut(instant, 4, 5, 6), { history }).laws).toEqual([]);
    expect(trial(instant, allBut(instant, 3, 4, 5, 6), { history }).laws).toEqual(['missed']);
  });

  it('convicts a missed tick of a job that catches up all', () =>
    expect(trial(all, [], { history: [record(all, 5, 'missed')] }).laws).toEqual(['missed']));

  it('convicts an abandoned tick of a job that recovers', () =>
    expect(
      trial({ ...recovering, everySeconds: 5 }, [], { history: [record(recovering, 5, 'abandoned')] }).laws,
    ).toEqual(['missed']));

  it('counts as lost what fell due while Redis was away and came back empty', () =>
    expect(trial(instant, allBut(instant, 4, 5), { losses: [emptied] }).jobs[0]?.fates).toEqual({
      once: 7,
      lost: 2,
    }));
});

describe('the judge of random chaos, on starts', () => {
  it('convicts one before its tick', () =>
    expect(trial(instant, [...allBut(instant, 4), ...run(instant, 4, { late: -200 })]).laws).toEqual([
      'early',
    ]));

  it('acquits one that Redis granted 50 ms before its tick', () =>
    expect(trial(instant, [...allBut(instant, 4), ...run(instant, 4, { late: -50 })]).laws).toEqual([]));
});

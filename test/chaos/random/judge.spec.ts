import { describe, expect, it } from '@jest/globals';

import { CHAOS_JOBS, ticksOf, type ChaosJob } from '../../pods/chaos-jobs.js';
import type { End, Evidence, HistoryEntry, LedgerEntry, Loss, Start } from './evidence.js';
import { judge } from './judge.js';

/** The monotonic clock began at this instant (Unix ms), a full minute. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
const LATER = 3;

let runs = 0;

/** A run of a job that starts `late` ms after its tick, which is due at `second`, and ends after `workMs`. */
function run(job: ChaosJob, second: number, wishes: Partial<Start & { late: number; workMs: number }> = {}) {
  const { late = LATER, workMs = 5, ...facts } = wishes;
  const start: Start = {
    kind: 'start',
    life: 'a#1',
    job: job.name,
    tick: EPOCH_MS + second * 1000,
    runId: `run-${(runs += 1)}`,
    attempt: 1,
    at: second * 1000 + late,
    token: 1,
    catchUp: false,
    recovering: false,
    believes: true,
    clockOffsetMs: 0,
    ...facts,
  };
  const { life, tick, runId, attempt } = start;
  const end: End = {
    kind: 'end',
    life,
    job: job.name,
    tick,
    runId,
    attempt,
    at: start.at + workMs,
    ending: 'done',
  };
  return [start, end] as const;
}

/** A tick that the history says something of. */
function record(job: ChaosJob, second: number, outcome: string, since?: number): HistoryEntry {
  const span = since === undefined ? {} : { since: EPOCH_MS + since * 1000 };
  return { job: job.name, tick: EPOCH_MS + second * 1000, runId: 'recorded', outcome, ...span };
}

/** The seconds 1 to 9 are observed. */
function trial(job: ChaosJob, entries: readonly LedgerEntry[], facts: Partial<Evidence> = {}) {
  const verdict = judge({
    jobs: [job],
    observed: { from: 500, to: 9500 },
    epochMs: EPOCH_MS,
    ttlMs: 2000,
    strict: false,
    entries,
    history: [],
    faults: [],
    losses: [],
    lives: [],
    ...facts,
  });
  return { ...verdict, laws: verdict.convictions.map(({ law }) => law) };
}

const { instant, long, queued, recovering, all } = CHAOS_JOBS;
const due = (job: ChaosJob) => ticksOf(job, EPOCH_MS + 500, EPOCH_MS + 9500);
/** Every tick of a job once, but for those at these seconds. */
const allBut = (job: ChaosJob, ...seconds: number[]) =>
  due(job)
    .map(tick => (tick - EPOCH_MS) / 1000)
    .filter(second => !seconds.includes(second))
    .flatMap(second => run(job, second));
const everything = allBut(instant);
const emptied: Loss = { kind: 'empty', from: 4200, to: 5200 };
const failedOver: Loss = { kind: 'fail-over', from: 4200, to: 5200 };

describe('the arithmetic of ticks', () => {
  it('names the seconds of each minute that the step divides', () => {
    const seconds = ticksOf(CHAOS_JOBS.parallel, EPOCH_MS + 40_000, EPOCH_MS + 70_000).map(
      tick => (tick - EPOCH_MS) / 1000,
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

  describe('on doubled ticks', () => {
    const twice = [...everything, ...run(instant, 4, { late: 900, life: 'b#2', token: 2 })];
    const twiceOverLoss = [...everything, ...run(instant, 4, { late: 1900, life: 'b#2', token: 2 })];

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
      expect(trial(instant, twiceOverLoss, { losses: [failedOver], strict: true }).laws).toContain(
        'doubled',
      ));

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

  describe('on missed ticks', () => {
    it('convicts a tick of which nothing is known', () =>
      expect(trial(instant, allBut(instant, 4)).laws).toEqual(['missed']));

    it('convicts a tick that is recorded as succeeded and was seen by nobody', () =>
      expect(trial(instant, allBut(instant, 4), { history: [record(instant, 4, 'succeeded')] }).laws).toEqual(
        ['missed'],
      ));

    it.each(['skipped', 'missed', 'abandoned'])('acquits a tick that is recorded as %s', outcome => {
      const history = [record(instant, 4, outcome)];
      const lives = [{ life: 'a#1', from: 0, to: 4100, end: 'killed', words: '' } as const];
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

    it('convicts a missed tick of a job that makes up all', () =>
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

  describe('on starts', () => {
    it('convicts one before its tick', () =>
      expect(trial(instant, [...allBut(instant, 4), ...run(instant, 4, { late: -200 })]).laws).toEqual([
        'early',
      ]));

    it('acquits one that Redis granted 50 ms before its tick', () =>
      expect(trial(instant, [...allBut(instant, 4), ...run(instant, 4, { late: -50 })]).laws).toEqual([]));
  });

  describe('on overlap', () => {
    const entries = (wishes: Partial<Start & { late: number }>) => [
      ...run(long, 2, { workMs: 3000 }),
      ...run(long, 4, { workMs: 100, ...wishes }),
      ...run(long, 6),
      ...run(long, 8),
    ];

    it.each([long, queued])('convicts two runs at once of a job whose overlap is $overlap', job =>
      expect(trial({ ...job, name: 'long', everySeconds: 2 }, entries({})).laws).toEqual(['overlap']),
    );

    it('acquits a job that allows it', () =>
      expect(trial({ ...long, overlap: 'allow' }, entries({})).laws).toEqual([]));

    it('acquits a process that stood still meanwhile', () => {
      const stall = { kind: 'stall', life: 'a#1', from: 3000, to: 4900 } as const;
      const second = entries({ life: 'b#2', token: 2 });
      const rest = second.map(entry => (entry.at > 5500 ? { ...entry, life: 'b#2', token: 2 } : entry));
      expect(trial(long, [...rest, stall]).laws).toEqual([]);
    });

    it('convicts a process that goes on long after it stood still', () => {
      const stall = { kind: 'stall', life: 'a#1', from: 2500, to: 3500 } as const;
      expect(trial(long, [...entries({ life: 'b#2', token: 1 }), stall]).laws).toContain('overlap');
    });

    it('acquits runs that Redis forgot', () =>
      expect(
        trial(long, entries({ late: 500 }), { losses: [{ ...emptied, from: 4200, to: 4400 }] }).laws,
      ).toEqual([]));
  });

  describe('on tokens', () => {
    it('convicts an older one after a newer one', () =>
      expect(
        trial(instant, [
          ...allBut(instant, 4, 5),
          ...run(instant, 4, { token: 3, life: 'b#2' }),
          ...run(instant, 5, { token: 2, life: 'c#3' }),
        ]).laws,
      ).toContain('token'));

    it('acquits two masters of Redis during a fail-over, but not in strict mode', () => {
      const entries = [
        ...allBut(instant, 4, 5),
        ...run(instant, 4, { token: 3, life: 'b#2' }),
        ...run(instant, 5, { token: 2, life: 'c#3' }),
      ].filter(({ tick }) => tick < EPOCH_MS + 6000);
      const observed = { from: 500, to: 5500 };
      expect(trial(instant, entries, { observed, losses: [failedOver] }).laws).toEqual([]);
      expect(trial(instant, entries, { observed, losses: [failedOver], strict: true }).laws).toEqual([
        'token',
      ]);
    });

    it('convicts two processes with one token', () =>
      expect(trial(instant, [...allBut(instant, 4), ...run(instant, 4, { life: 'b#2' })]).laws).toContain(
        'token',
      ));
  });

  describe('on leaders', () => {
    const belief = (life: string, from: number, to: number) => ({ kind: 'belief', life, from, to }) as const;
    const two = [...everything, belief('a#1', 1000, 2000), belief('b#2', 1900, 2500)];

    it('convicts two processes that believe at once', () =>
      expect(trial(instant, two).laws).toEqual(['two leaders']));

    it('acquits one after the other, and a fail-over that forgot the lease', () => {
      expect(
        trial(instant, [...everything, belief('a#1', 1000, 1890), belief('b#2', 1900, 2500)]).laws,
      ).toEqual([]);
      expect(trial(instant, two, { losses: [{ kind: 'fail-over', from: 500, to: 1000 }] }).laws).toEqual([]);
    });
  });

  describe('on recovery', () => {
    const job: ChaosJob = { ...recovering, everySeconds: 5 };
    const killed = { life: 'a#1', from: 0, to: 5500, end: 'killed', words: '' } as const;
    const late = { observed: { from: 500, to: 24_000 } };
    const rest = [10, 15, 20].flatMap(second => run(job, second, { life: 'b#2', token: 2 }));
    const [crashed] = run(job, 5);

    it('convicts a run that crashed and was forgotten', () =>
      expect(trial(job, [crashed, ...rest], { ...late, lives: [killed] }).laws).toEqual(['recovery']));

    it('acquits a run that crashed and was run again', () => {
      const again = run(job, 5, { late: 3000, life: 'b#2', token: 2, attempt: 2, recovering: true });
      expect(trial(job, [crashed, ...again, ...rest], { ...late, lives: [killed] }).laws).toEqual([]);
    });

    it('convicts a recovery of a job that does not wish it', () =>
      expect(
        trial(instant, [...allBut(instant, 4), ...run(instant, 4, { recovering: true, attempt: 2 })]).laws,
      ).toEqual(['recovery']));
  });

  describe('on ghosts', () => {
    const history = [record(long, 4, 'skipped')];
    const beaconed = (entries: readonly LedgerEntry[], facts: Partial<Evidence> = {}) =>
      trial(instant, [...everything, ...entries], { jobs: [instant, long], history, ...facts }).laws;
    const others = [6, 8].flatMap(second => run(long, second));

    it('convicts a tick that was skipped though no run went on', () =>
      expect(beaconed([...run(long, 2), ...others])).toEqual(['ghost']));

    it('acquits a tick that was skipped for a run, or after a fault', () => {
      expect(beaconed([...run(long, 2, { workMs: 3000 }), ...others])).toEqual([]);
      expect(
        beaconed([...run(long, 2), ...others], {
          faults: [{ kind: 'partition', target: 'a', from: 1500, to: 2500 }],
        }),
      ).toEqual([]);
    });
  });

  it('convicts a process that ended by itself, and one that SIGTERM did not end', () => {
    const life = { life: 'a#1', from: 0, to: 5000, words: 'TypeError' };
    expect(trial(instant, everything, { lives: [{ ...life, end: 'crashed' }] }).laws).toEqual(['crashed']);
    expect(trial(instant, everything, { lives: [{ ...life, end: 'stuck' }] }).laws).toEqual(['stuck']);
  });

  it('tells lateness by its cause', () => {
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

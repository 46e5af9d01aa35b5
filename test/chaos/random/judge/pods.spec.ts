import { describe, expect, it } from '@jest/globals';

import type { ChaosJob } from '../../../pods/chaos-jobs.js';
import { SECOND } from '../../../support/durations.js';
import type { Evidence, LedgerEntry, Start } from '../evidence.js';
import {
  allBut,
  emptied,
  EPOCH_MS,
  everything,
  failedOver,
  instant,
  long,
  queued,
  record,
  recovering,
  run,
  trial,
} from './trial.js';

describe('the judge of random chaos, on overlap', () => {
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

describe('the judge of random chaos, on tokens', () => {
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
    ].filter(({ tick }) => tick < EPOCH_MS + 6 * SECOND);
    const observed = { from: 500, to: 5500 };
    expect(trial(instant, entries, { observed, losses: [failedOver] }).laws).toEqual([]);
    expect(trial(instant, entries, { observed, losses: [failedOver], strict: true }).laws).toEqual(['token']);
  });

  it('convicts two processes with one token', () =>
    expect(trial(instant, [...allBut(instant, 4), ...run(instant, 4, { life: 'b#2' })]).laws).toContain(
      'token',
    ));
});

describe('the judge of random chaos, on leaders', () => {
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

describe('the judge of random chaos, on recovery', () => {
  const job: ChaosJob = { ...recovering, everySeconds: 5 };
  const killed = { life: 'a#1', from: 0, to: 5500, end: 'killed', output: '' } as const;
  const late = { observed: { from: 500, to: 24 * SECOND } };
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

describe('the judge of random chaos, on ghosts', () => {
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

describe('the judge of random chaos, on ends of processes', () => {
  it('convicts a process that ended by itself, and one that SIGTERM did not end', () => {
    const life = { life: 'a#1', from: 0, to: 5000, output: 'TypeError' };
    expect(trial(instant, everything, { lives: [{ ...life, end: 'crashed' }] }).laws).toEqual(['crashed']);
    expect(trial(instant, everything, { lives: [{ ...life, end: 'stuck' }] }).laws).toEqual(['stuck']);
  });
});

import { describe, expect, it } from '@jest/globals';

import { toJobRun } from '../../../lib/client/run-view.js';
import type { RunFacts } from '../../../lib/core/run/run-facts.js';
import type { RunRecord } from '../../../lib/ports/history-store.js';

const AT = 5000;
const recordOf = (facts: RunFacts, more: Partial<RunRecord> = {}): RunRecord => ({
  job: 'job',
  tick: 1000,
  runId: 'r',
  manual: false,
  state: 'failed',
  token: 7,
  attempt: 2,
  at: AT,
  reason: '',
  facts,
  ...more,
});
const FACTS: RunFacts = {
  pod: 'a',
  app: 'billing',
  version: '1.2.3',
  schedule: '@daily',
  startedAt: 2000,
  finishedAt: 3000,
  durationMs: 999.5,
  next: 4000,
  catchUp: true,
  recovering: true,
  errorName: 'TypeError',
  errorMessage: 'no',
  errorStack: 'at x',
  since: 500,
  count: 3,
};
const UNKNOWN = toJobRun(recordOf({}));
/** Of another type, or no instant. */
const INVALID: RunFacts = {
  pod: 1,
  app: true,
  version: 2,
  schedule: 1,
  startedAt: '2000',
  finishedAt: 1e300,
  durationMs: '5',
  next: -1e300,
  catchUp: 'yes',
  recovering: 1,
  since: true,
};

describe('a run as users see it', () => {
  it('has each fact under its public name', () =>
    expect(toJobRun(recordOf(FACTS))).toMatchObject({
      podId: 'a',
      app: 'billing',
      version: '1.2.3',
      schedule: '@daily',
      startedAt: new Date(2000),
      finishedAt: new Date(3000),
      durationMs: 999.5,
      nextTick: new Date(4000),
      catchUp: true,
      recovering: true,
      error: { name: 'TypeError', message: 'no', stack: 'at x' },
      missed: { since: new Date(500), count: 3 },
    }));

  it('has a value for each fact that an older record lacks', () =>
    expect(UNKNOWN).toMatchObject({
      podId: '',
      app: '',
      version: '',
      schedule: '',
      startedAt: undefined,
      finishedAt: undefined,
      durationMs: undefined,
      nextTick: undefined,
      catchUp: false,
      recovering: false,
      error: undefined,
      missed: undefined,
    }));

  it.each(Object.entries(INVALID))('takes an invalid value for an absent one: %s %j', (name, value) =>
    expect(toJobRun(recordOf({ [name]: value }))).toEqual(UNKNOWN),
  );

  it('takes invalid parts of an error for empty texts, and an invalid count for 1', () =>
    expect(
      toJobRun(recordOf({ errorName: 1, errorMessage: true, errorStack: 2, since: 500, count: 'x' })),
    ).toMatchObject({
      error: { name: '', message: '', stack: '' },
      missed: { since: new Date(500), count: 1 },
    }));
});

describe('the instants of a run', () => {
  it('begin with its claim while it runs', () =>
    expect(toJobRun(recordOf({}, { state: 'claimed' }))).toMatchObject({
      outcome: 'running',
      startedAt: new Date(AT),
      finishedAt: undefined,
    }));

  it('end when it is abandoned', () =>
    expect(toJobRun(recordOf({ startedAt: 2000 }, { state: 'abandoned' }))).toMatchObject({
      startedAt: new Date(2000),
      finishedAt: new Date(AT),
    }));

  it.each(['skipped', 'missed'] as const)(
    'are none, and there is no attempt, where it did not start: %s',
    state =>
      expect(toJobRun(recordOf({}, { state }))).toMatchObject({
        outcome: state,
        attempts: 0,
        startedAt: undefined,
      }),
  );
});

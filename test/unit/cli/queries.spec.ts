import { describe, expect, it } from '@jest/globals';

import { createPaint } from '../../../lib/cli/paint.js';
import { history } from '../../../lib/cli/queries.js';
import type { Session } from '../../../lib/cli/session.js';
import type { RunFacts } from '../../../lib/core/run/run-facts.js';
import type { RunRecord } from '../../../lib/ports/history-store.js';

const recordOf = (facts: RunFacts, more: Partial<RunRecord>): RunRecord => ({
  job: 'job',
  tick: 0,
  runId: 'r',
  manual: false,
  state: 'succeeded',
  token: 1,
  attempt: 1,
  at: 0,
  reason: '',
  facts: { durationMs: 5, ...facts },
  ...more,
});

/** The lines below the head in the table of a history of these records. */
async function linesOf(...records: readonly RunRecord[]): Promise<string[]> {
  const session = {
    snapshot: () => Promise.resolve({ jobs: new Map(), states: { now: 0 } }),
    ask: () => Promise.resolve(records),
  } as unknown as Session;
  const { text } = await history(session, undefined, {});
  return text({ width: 100, paint: createPaint(false) })
    .split('\n')
    .slice(1);
}

describe('the table of the history', () => {
  it('has the outcome of each run, and why', async () => {
    const error = { errorName: 'TypeError', errorMessage: 'no such printer', errorStack: '' };
    const lines = await linesOf(
      recordOf({}, {}),
      recordOf({ recovering: true }, { manual: true }),
      recordOf(error, { state: 'failed' }),
    );
    expect(lines).toEqual([
      expect.stringMatching(/job +succeeded +5ms$/),
      expect.stringMatching(/job +succeeded +5ms +manual, recovered$/),
      expect.stringMatching(/job +failed +5ms +TypeError: no such printer$/),
    ]);
  });

  it('sends nothing of a record to the terminal but text', async () => {
    const [line] = await linesOf(recordOf({}, { job: 'a\u001b[31mb\nc', reason: 'v\u001b[31m2\n3' }));
    expect(line).toMatch(/ab c +succeeded +5ms +v2 3$/);
  });

  it('says how to read the next page when there may be one', async () => {
    const records = [recordOf({}, { tick: 2000 }), recordOf({}, { tick: 1000 })];
    const session = {
      snapshot: () => Promise.resolve({ jobs: new Map(), states: { now: 0 } }),
      ask: () => Promise.resolve(records),
    } as unknown as Session;
    const full = await history(session, undefined, { limit: '2' });
    expect(full.json).toMatchObject({ next: '1970-01-01T00:00:01.000Z/scheduled/r/job' });
    expect(full.text({ width: 100, paint: createPaint(false) })).toMatch(
      /\nThe next page: --before '1970-01-01T00:00:01\.000Z\/scheduled\/r\/job'$/,
    );
    const last = await history(session, undefined, { limit: '3' });
    expect(last.json).toMatchObject({ next: undefined });
  });
});

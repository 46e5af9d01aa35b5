import { describe, expect, it } from '@jest/globals';

import { Control, type ControlDeps, type ControlStores } from '../../../lib/client/control.js';

/** The state of the stores about the id `id`. */
interface Stored {
  readonly isRequested: boolean;
  readonly isUnfinished: boolean;
  /** Whether the run still goes on when the abort arrives. */
  readonly goesOn: boolean;
}

const NOTHING: Stored = { isRequested: false, isUnfinished: false, goesOn: false };

function controlOf({ isRequested, isUnfinished, goesOn }: Stored): Control {
  const runs = isUnfinished ? [{ job: 'job', tick: 0, runId: 'id', manual: false }] : [];
  const stores = {
    control: {
      withdraw: (id: string) => Promise.resolve(isRequested && id === 'id'),
      requestAbort: () => Promise.resolve(goesOn),
    },
    runs: { unfinished: () => Promise.resolve({ runs, next: undefined }) },
  } as unknown as ControlStores;
  const { signal } = new AbortController();
  return new Control({ ask: send => send(stores, signal) } as Partial<ControlDeps> as ControlDeps);
}

describe('abortRun', () => {
  it.each([
    ['aborted', 'a run goes on', { ...NOTHING, isUnfinished: true, goesOn: true }],
    ['withdrawn', 'no leader has taken the request', { ...NOTHING, isRequested: true }],
    ['not-found', 'there is no such run', NOTHING],
    ['not-found', 'the run has just ended', { ...NOTHING, isUnfinished: true }],
  ])('resolves to %s when %s', async (result, _, stored) => {
    expect(await controlOf(stored).abortRun('id')).toBe(result);
  });
});

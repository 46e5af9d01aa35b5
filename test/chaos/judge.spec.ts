import { describe, expect, it } from '@jest/globals';

import { judge, type Entry } from './judge.js';

const sample = (pod: string, at: number, value: boolean): Entry => ({
  pod,
  kind: 'sample',
  from: at,
  to: at + 1,
  value,
});
const run = (pod: string, at: number, tick: number, token = 1): Entry => ({
  pod,
  kind: 'run',
  at,
  tick,
  token,
});

describe('the judge', () => {
  it('finds two pods that believe at one instant', () =>
    expect(
      judge([sample('a', 0, true), sample('b', 5, true), sample('a', 10, true), sample('b', 20, true)])
        .overlaps,
    ).toHaveLength(1));

  it('finds a second leader during a pause of the first, if that believes at waking', () =>
    expect(
      judge([sample('a', 0, true), sample('b', 500, true), sample('b', 600, true), sample('a', 1000, true)])
        .overlaps,
    ).toHaveLength(1));

  it('acquits a pod that does not believe when it wakes', () =>
    expect(
      judge([sample('a', 0, true), sample('b', 500, true), sample('b', 600, true), sample('a', 1000, false)])
        .overlaps,
    ).toEqual([]));

  it('finds a tick that ran twice and a token that is not newer', () => {
    const verdict = judge([run('a', 1, 1000, 7), run('b', 2, 1000, 6)]);
    expect(verdict.doubled).toEqual([1000]);
    expect(verdict.staleTokens).toHaveLength(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { electionTiming, holdsTogether, smallestTtlMs } from '../../../../lib/core/election/timing.js';
import { SECOND } from '../../../support/durations.js';

describe('the timing of an election', () => {
  it('has the margin and command timeout of the specification at 10 s', () =>
    expect(electionTiming(3000, 10_000)).toMatchObject({ marginMs: SECOND, commandTimeoutMs: SECOND }));

  it('offers the smallest ttl that holds together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 60_000 }), intervalMs => {
        const ttlMs = smallestTtlMs(intervalMs);
        return (
          holdsTogether(electionTiming(intervalMs, ttlMs)) &&
          !holdsTogether(electionTiming(intervalMs, ttlMs - 100))
        );
      }),
    );
  });
});

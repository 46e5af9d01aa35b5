import * as fc from 'fast-check';

import { candidate, candidateState, jobSet, never, type StoreStep } from './arbitraries.js';

/** Messages between candidates. */
export const candidateStep: fc.Arbitrary<StoreStep> = fc.oneof(
  fc.record({ jobSet, index: fc.constant(0), text: fc.constantFrom('{}', 'ab') }).map(
    (page): StoreStep =>
      ({ candidates }) =>
        candidates.publish(page, never),
  ),
  jobSet.map(
    (digest): StoreStep =>
      ({ candidates }) =>
        candidates.read(digest, 0, never),
  ),
  fc.constant<StoreStep>(({ candidates }) => candidates.candidates(never)),
  fc.record({ candidate, state: candidateState }).map(
    ({ candidate: id, state }): StoreStep =>
      ({ candidates }) =>
        candidates.mark(id, state, never),
  ),
);

import fc from 'fast-check';

import type { RunRef } from '../../../lib/core/run/run-ref.js';
import type { Adoption, Claim, FinishRequest, TermRef } from '../../../lib/ports/run-store.js';
import { HOUR, MINUTE } from '../../support/durations.js';

/** Ticks as minutes from the beginning of the test; one is not due for long. */
export const minutes = fc.constantFrom(-6, -5, -4, -3, -2, -1, 60);
export const runIds = fc.constantFrom('u', 'v', 'w', 'x');
export const jobs = fc.constantFrom('one', 'two');
export const lockMs = fc.constantFrom(-MINUTE, HOUR);
export const states = ['succeeded', 'failed', 'timed-out', 'aborted'] as const;
export const facts = fc.constantFrom({ n: 1 }, { text: 'a|b "c"' }, {});
export const retention = fc.record({
  keep: fc.constantFrom(0, 1, 3, 100),
  maxAgeMs: fc.constantFrom(2.5 * MINUTE, 10 * HOUR),
});
export const candidates = fc.constantFrom<TermRef>(
  { podId: 'a', token: 7 },
  { podId: 'b', token: 8 },
  { podId: 'a', token: 9 },
);
/** Of requests. */
export const handles = fc.constantFrom('r1', 'r2');
export const requests = handles.map(id => ({ id, job: id === 'r1' ? 'one' : 'two' }));
/** `undefined`: the leader. */
export const terms = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: candidates },
);
export const run = fc.record({
  job: jobs,
  tick: minutes,
  runId: runIds,
  manual: fc.constantFrom(false, false, true),
});
export const claim: fc.Arbitrary<Claim> = fc
  .record({
    run,
    intent: fc.constantFrom('run', 'run', 'run', 'skipped', 'missed'),
    reason: fc.constantFrom('', 'late'),
    overlap: fc.constantFrom('skip', 'allow', 'queue'),
    recover: fc.boolean(),
    retention,
    facts,
  } as const)
  .map(({ run: ref, ...rest }) => ({ ...ref, ...rest }));
export const adoption: fc.Arbitrary<Adoption> = fc.record({
  orphan: run,
  wish: fc.constantFrom('recover', 'abandon'),
  runId: fc.constantFrom('u', 'x', 'y', 'z'),
  facts,
  retention,
});
export const place = fc.nat(5);
export const ending = fc.record({
  state: fc.constantFrom(...states),
  attempt: fc.constantFrom(1, 2),
  retention,
  facts,
}) satisfies fc.Arbitrary<Omit<FinishRequest, keyof RunRef>>;

import * as fc from 'fast-check';

import type { Adoption, Claim } from '../../../lib/ports/run-store.js';
import { MINUTE } from '../../support/durations.js';
import {
  candidate,
  candidateState,
  facts,
  job,
  jobSet,
  lockMs,
  never,
  refAt,
  retention,
  runId,
  runRef,
  tokenShift,
  type StoreStep,
} from './arbitraries.js';
import { candidateStep } from './candidate-steps.js';
import { controlStep } from './control-steps.js';

const candidacy = fc.record({
  jobSet,
  state: candidateState,
  distrustedUntil: fc.constantFrom(0, 0, 1_900_000_000_000),
  rival: fc.constantFrom('', 'pod-a', 'pod-b', 'pod-c'),
  page: fc.constantFrom(undefined, { index: 0, bytes: 2 }, { index: 0, bytes: 3 }),
  staleMs: fc.constantFrom(0, 4000),
  intervalMs: fc.constantFrom(1000, 3000),
  ttlMs: fc.constantFrom(10_000, 86_400_000),
});

const claim = fc.record({
  ref: runRef,
  intent: fc.constantFrom<Claim['intent']>('run', 'run', 'run', 'skipped', 'missed'),
  reason: fc.constantFrom('', 'late'),
  overlap: fc.constantFrom<Claim['overlap']>('skip', 'allow', 'queue'),
  recover: fc.boolean(),
  retention,
  facts,
});

const adoption = fc.record({
  orphan: runRef,
  wish: fc.constantFrom<Adoption['wish']>('recover', 'abandon'),
  runId,
  facts,
  retention,
});

function few<Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> {
  return fc.array(item, { minLength: 1, maxLength: 3 });
}

/** One use of a store, with arguments that make sense often enough. */
export const storeStep: fc.Arbitrary<StoreStep> = fc.oneof(
  fc
    .record({
      podId: candidate,
      evidence: fc.boolean(),
      proberRank: fc.constantFrom(undefined, 1, 2),
      watched: fc.subarray(['one', 'two']),
      hasEnded: fc.boolean(),
      candidacy,
    })
    .map(({ hasEnded, ...request }): StoreStep => async stores => {
      const endedToken = hasEnded ? stores.token : 0;
      const answer = await stores.lease.acquire({ ...request, endedToken, ttlMs: 20_000 }, never);
      if (answer.kind !== 'wait') stores.token = answer.token;
      return answer;
    }),
  fc.record({ podId: candidate, tokenShift, candidacy }).map(
    ({ tokenShift: shift, ...request }): StoreStep =>
      ({ lease, token }) =>
        lease.renew({ ...request, token: token + shift, ttlMs: 20_000 }, never),
  ),
  fc.record({ podId: candidate, tokenShift, state: candidateState, isHandOver: fc.boolean() }).map(
    ({ tokenShift: shift, ...request }): StoreStep =>
      ({ lease, token }) =>
        lease.resign({ ...request, token: token + shift }, never),
  ),
  fc.constant<StoreStep>(({ lease }) => lease.read(never)),
  fc.record({ podId: candidate, tokenShift }).map(
    ({ podId, tokenShift: shift }): StoreStep =>
      ({ lease, token }) =>
        lease.probe({ podId, token: token + shift }, never),
  ),
  fc.record({ podId: candidate, tokenShift, schedule: fc.constantFrom('s1', 's2') }).map(
    ({ podId, tokenShift: shift, schedule }): StoreStep =>
      ({ runs, token }, nowMs) =>
        runs.open(
          {
            podId,
            token: token + shift,
            jobs: [
              { job: 'one', schedule },
              { job: 'two', schedule, from: nowMs - 500 },
            ],
          },
          never,
        ),
  ),
  fc
    .record({ podId: candidate, tokenShift, lockMs, claims: few(claim) })
    .map(({ podId, tokenShift: shift, lockMs: lock, claims }): StoreStep => ({ runs, token }, nowMs) => {
      const made = claims.map(({ ref, ...rest }): Claim => ({ ...refAt(ref, nowMs), ...rest }));
      return runs.claim({ podId, token: token + shift, lockMs: lock, claims: made }, never);
    }),
  fc.record({ lockMs, runs: few(runRef) }).map(
    ({ lockMs: lock, runs: refs }): StoreStep =>
      ({ runs }, nowMs) =>
        runs.heartbeat({ lockMs: lock, runs: refs.map(ref => refAt(ref, nowMs)) }, never),
  ),
  fc
    .record({
      ref: runRef,
      state: fc.constantFrom('succeeded', 'failed', 'timed-out', 'aborted'),
      retention,
      facts,
    })
    .map(
      ({ ref, ...rest }): StoreStep =>
        ({ runs }, nowMs) =>
          runs.finish([{ ...refAt(ref, nowMs), ...rest, attempt: 1 }], never),
    ),
  runRef.map(
    (ref): StoreStep =>
      ({ runs }, nowMs) =>
        runs.release(refAt(ref, nowMs), never),
  ),
  fc.constant<StoreStep>(({ runs }) => runs.unfinished('', never)),
  fc
    .record({ podId: candidate, tokenShift, lockMs, orphans: few(adoption) })
    .map(({ podId, tokenShift: shift, lockMs: lock, orphans }): StoreStep => ({ runs, token }, nowMs) => {
      const made = orphans.map(({ orphan, ...rest }): Adoption => ({
        orphan: refAt(orphan, nowMs),
        ...rest,
      }));
      return runs.adopt({ podId, token: token + shift, lockMs: lock, orphans: made }, never);
    }),
  fc
    .record(
      { job, limit: fc.constantFrom(0, 1, 5), states: fc.subarray(['succeeded', 'skipped'] as const) },
      { requiredKeys: ['limit', 'states'] },
    )
    .map(
      (query): StoreStep =>
        ({ history }) =>
          history.history(query, never),
    ),
  fc.record({ job, forMs: fc.constantFrom(0, MINUTE) }).map(
    ({ job: name, forMs }): StoreStep =>
      ({ control }) =>
        forMs > 0 ? control.pause({ job: name, forMs, reason: 'r' }, never) : control.resume(name, never),
  ),
  controlStep,
  candidateStep,
);

import * as fc from 'fast-check';
import type { RedisHistoryStore } from '../../../lib/adapters/redis/redis-history-store.js';
import type { RedisCandidateStore } from '../../../lib/adapters/redis/redis-candidate-store.js';
import type { RedisClusterStore } from '../../../lib/adapters/redis/redis-cluster-store.js';
import type { RedisControlStore } from '../../../lib/adapters/redis/redis-control-store.js';
import type { RedisLeaseStore } from '../../../lib/adapters/redis/redis-lease-store.js';
import type { RedisRunStore } from '../../../lib/adapters/redis/redis-run-store.js';
import type { Adoption, Claim } from '../../../lib/ports/run-store.js';
import type { RunRef } from '../../../lib/core/run/run-ref.js';

/** The adapters over one connection; `token` is that of the last term seen. */
export interface Stores {
  readonly lease: RedisLeaseStore;
  readonly runs: RedisRunStore;
  readonly history: RedisHistoryStore;
  readonly control: RedisControlStore;
  readonly cluster: RedisClusterStore;
  readonly candidates: RedisCandidateStore;
  token: number;
}

/** One use of a store. */
export type StoreStep = (stores: Stores, nowMs: number) => Promise<unknown>;

const nobody = new AbortController().signal;

const candidate = fc.constantFrom('pod-a', 'pod-b');
const job = fc.constantFrom('one', 'two');
/** Relative to now: due, long due, due soon, early. */
const offset = fc.constantFrom(-3000, -2000, -1000, 0, 40, 5000);
const runId = fc.constantFrom('r1', 'r2', 'r3', 'r4');
const lockMs = fc.constantFrom(0, 1, 10_000);
const retention = fc.constantFrom(
  { keep: 0, maxAgeMs: 60_000 },
  { keep: 2, maxAgeMs: 60_000 },
  { keep: 100, maxAgeMs: 1500 },
);
const facts = fc.constantFrom({}, { pod: 'a', n: 1, ok: true });
/** The token of the term, an older one, a newer one. */
const tokenShift = fc.constantFrom(0, 0, 0, 0, -1, 1);
const manual = fc.constantFrom(false, false, false, true);

const jobSet = fc.constantFrom('', '1-a', '1-b');
const candidateState = fc.constantFrom('up', 'resting', 'draining');
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

/** What candidates tell each other. */
const candidateStep: fc.Arbitrary<StoreStep> = fc.oneof(
  fc.record({ jobSet, index: fc.constant(0), text: fc.constantFrom('{}', 'ab') }).map(
    (page): StoreStep =>
      ({ candidates }) =>
        candidates.publish(page, nobody),
  ),
  jobSet.map(
    (digest): StoreStep =>
      ({ candidates }) =>
        candidates.read(digest, 0, nobody),
  ),
  fc.constant<StoreStep>(({ candidates }) => candidates.candidates(nobody)),
  fc.record({ candidate, state: candidateState }).map(
    ({ candidate: id, state }): StoreStep =>
      ({ candidates }) =>
        candidates.mark(id, state, nobody),
  ),
);

const runRef = fc.record({ job, offset, runId, manual });

function refAt(base: { job: string; offset: number; runId: string; manual: boolean }, nowMs: number): RunRef {
  // Rounded, so that steps that follow each other speak of the same ticks.
  const tick = Math.floor(nowMs / 10_000) * 10_000 + base.offset;
  return { job: base.job, tick, runId: base.runId, manual: base.manual };
}

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
const handle = fc.constantFrom('h1', 'h2');

/** What people ask for and see. */
const controlStep: fc.Arbitrary<StoreStep> = fc.oneof(
  fc.record({ id: handle, job }).map(
    (wish): StoreStep =>
      ({ control }) =>
        control.requestRun(wish, nobody),
  ),
  fc
    .record({ handle, job, runId })
    .map(({ handle: id, ...run }): StoreStep => async ({ control, runs, token }, nowMs) => {
      const request = (await control.requests('', nobody)).requests.find(one => one.id === id);
      const tick = request?.tick ?? nowMs;
      const byHand = {
        manual: true,
        handle: id,
        isRequested: true,
        intent: 'run',
        overlap: 'allow',
      } as const;
      const rest = { reason: '', recover: false, retention: { keep: 2, maxAgeMs: 60_000 }, facts: {} };
      const asked = [{ ...run, tick, ...byHand, ...rest }];
      return runs.claim({ candidateId: 'pod-a', token, lockMs: 10_000, claims: asked }, nobody);
    }),
  runRef.map(
    (ref): StoreStep =>
      ({ control }, nowMs) =>
        control.requestAbort(refAt(ref, nowMs), nobody),
  ),
  fc.record({ job, order: fc.constantFrom(undefined, 'o') }).map(
    ({ job: name, order }): StoreStep =>
      ({ control }) =>
        control.reschedule(name, order, nobody),
  ),
  fc.constant<StoreStep>(({ lease, token }) => lease.requestResignation(token, '', nobody)),
  fc
    .record({ candidateId: candidate, tokenShift })
    .map(({ candidateId, tokenShift: shift }): StoreStep => ({ cluster, token }) => {
      const jobs = [{ job: 'one', description: '{}' }];
      return cluster.announce({ candidateId, token: token + shift, jobs }, nobody);
    }),
  fc.record({ id: handle, job }).map((wish): StoreStep => async ({ control, cluster }, nowMs) => {
    const { requests: standing } = await control.requests('', nobody);
    const { tick = nowMs } = standing.find(({ id }) => id === wish.id) ?? {};
    return cluster.outcome({ ...wish, tick }, nobody);
  }),
  fc.constant<StoreStep>(({ cluster }) => cluster.announced(nobody)),
  fc.constant<StoreStep>(({ cluster }) => cluster.states(['one', 'two'], nobody)),
  fc.constant<StoreStep>(({ cluster }) => cluster.pods(nobody)),
  fc.constant<StoreStep>(({ cluster }) => cluster.jobNames('', nobody)),
  fc
    .record({
      tokenShift,
      candidateId: candidate,
      absent: fc.subarray(['one', 'two', 'three']),
      present: fc.subarray(['one', 'two']),
      // Kept for no time, for a little, for as long as the history.
      kept: fc.constantFrom(
        { leastMs: 0, mostMs: 0, unknownMs: 0 },
        { leastMs: 0, mostMs: 1, unknownMs: 5000 },
        { leastMs: 0, mostMs: 9e12, unknownMs: 5000 },
      ),
    })
    .map(
      ({ tokenShift: shift, ...request }): StoreStep =>
        ({ cluster, token }) =>
          cluster.sweep({ ...request, token: token + shift }, nobody),
    ),
  candidate.map(
    (candidateId): StoreStep =>
      ({ cluster }) =>
        cluster.leave(candidateId, nobody),
  ),
);

export const storeStep: fc.Arbitrary<StoreStep> = fc.oneof(
  fc
    .record({
      candidateId: candidate,
      evidence: fc.boolean(),
      watched: fc.subarray(['one', 'two']),
      hasEnded: fc.boolean(),
      candidacy,
    })
    .map(({ hasEnded, ...request }): StoreStep => async stores => {
      const endedToken = hasEnded ? stores.token : 0;
      const answer = await stores.lease.acquire({ ...request, endedToken, ttlMs: 20_000 }, nobody);
      if (answer.kind !== 'wait') stores.token = answer.token;
      return answer;
    }),
  fc.record({ candidateId: candidate, tokenShift, candidacy }).map(
    ({ tokenShift: shift, ...request }): StoreStep =>
      ({ lease, token }) =>
        lease.renew({ ...request, token: token + shift, ttlMs: 20_000 }, nobody),
  ),
  fc.record({ candidateId: candidate, tokenShift, state: candidateState, isHandOver: fc.boolean() }).map(
    ({ tokenShift: shift, ...request }): StoreStep =>
      ({ lease, token }) =>
        lease.resign({ ...request, token: token + shift }, nobody),
  ),
  fc.constant<StoreStep>(({ lease }) => lease.read(nobody)),
  fc.record({ candidateId: candidate, tokenShift, schedule: fc.constantFrom('s1', 's2') }).map(
    ({ candidateId, tokenShift: shift, schedule }): StoreStep =>
      ({ runs, token }, nowMs) =>
        runs.open(
          {
            candidateId,
            token: token + shift,
            jobs: [
              { job: 'one', schedule },
              { job: 'two', schedule, from: nowMs - 500 },
            ],
          },
          nobody,
        ),
  ),
  fc
    .record({ candidateId: candidate, tokenShift, lockMs, claims: few(claim) })
    .map(
      ({ candidateId, tokenShift: shift, lockMs: lock, claims }): StoreStep =>
        ({ runs, token }, nowMs) => {
          const made = claims.map(({ ref, ...rest }): Claim => ({ ...refAt(ref, nowMs), ...rest }));
          return runs.claim({ candidateId, token: token + shift, lockMs: lock, claims: made }, nobody);
        },
    ),
  fc.record({ lockMs, runs: few(runRef) }).map(
    ({ lockMs: lock, runs: refs }): StoreStep =>
      ({ runs }, nowMs) =>
        runs.heartbeat({ lockMs: lock, runs: refs.map(ref => refAt(ref, nowMs)) }, nobody),
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
          runs.finish([{ ...refAt(ref, nowMs), ...rest, attempt: 1 }], nobody),
    ),
  runRef.map(
    (ref): StoreStep =>
      ({ runs }, nowMs) =>
        runs.release(refAt(ref, nowMs), nobody),
  ),
  fc.constant<StoreStep>(({ runs }) => runs.unfinished('', nobody)),
  fc
    .record({ candidateId: candidate, tokenShift, lockMs, orphans: few(adoption) })
    .map(
      ({ candidateId, tokenShift: shift, lockMs: lock, orphans }): StoreStep =>
        ({ runs, token }, nowMs) => {
          const made = orphans.map(({ orphan, ...rest }): Adoption => ({
            orphan: refAt(orphan, nowMs),
            ...rest,
          }));
          return runs.adopt({ candidateId, token: token + shift, lockMs: lock, orphans: made }, nobody);
        },
    ),
  fc
    .record(
      { job, limit: fc.constantFrom(0, 1, 5), states: fc.subarray(['succeeded', 'skipped'] as const) },
      { requiredKeys: ['limit', 'states'] },
    )
    .map(
      (query): StoreStep =>
        ({ history }) =>
          history.history(query, nobody),
    ),
  fc.record({ job, forMs: fc.constantFrom(0, 60_000) }).map(
    ({ job: name, forMs }): StoreStep =>
      ({ control }) =>
        forMs > 0 ? control.pause({ job: name, forMs, reason: 'r' }, nobody) : control.resume(name, nobody),
  ),
  controlStep,
  candidateStep,
);

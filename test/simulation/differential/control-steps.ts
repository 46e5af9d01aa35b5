import * as fc from 'fast-check';

import { MINUTE } from '../../support/durations.js';
import { candidate, job, never, refAt, runId, runRef, tokenShift, type StoreStep } from './arbitraries.js';

const handle = fc.constantFrom('h1', 'h2');

/** Requests and queries of users. */
export const controlStep: fc.Arbitrary<StoreStep> = fc.oneof(
  fc.record({ id: handle, job }).map(
    (wish): StoreStep =>
      ({ control }) =>
        control.requestRun(wish, never),
  ),
  fc
    .record({ podId: candidate, tokenShift, jobs: fc.subarray(['one', 'two']), version: handle })
    .map(({ podId, tokenShift: shift, jobs, version }): StoreStep => ({ control, token }) => {
      const starts = jobs.map(name => ({ job: name, handle: `start:${version}`, keptMs: MINUTE }));
      return control.requestStarts({ podId, token: token + shift, starts }, never);
    }),
  fc
    .record({ handle, job, runId })
    .map(({ handle: id, ...run }): StoreStep => async ({ control, runs, token }, nowMs) => {
      const request = (await control.requests('', never)).requests.find(one => one.id === id);
      const tick = request?.tick ?? nowMs;
      const byHand = {
        manual: true,
        handle: id,
        isRequested: true,
        intent: 'run',
        overlap: 'allow',
      } as const;
      const rest = { reason: '', recover: false, retention: { keep: 2, maxAgeMs: MINUTE }, facts: {} };
      const asked = [{ ...run, tick, ...byHand, ...rest }];
      return runs.claim({ podId: 'pod-a', token, lockMs: 10_000, claims: asked }, never);
    }),
  runRef.map(
    (ref): StoreStep =>
      ({ control }, nowMs) =>
        control.requestAbort(refAt(ref, nowMs), never),
  ),
  fc.record({ job, order: fc.constantFrom(undefined, 'o') }).map(
    ({ job: name, order }): StoreStep =>
      ({ control }) =>
        control.reschedule(name, order, never),
  ),
  fc.constant<StoreStep>(({ lease, token }) => lease.requestResignation(token, '', never)),
  fc
    .record({ podId: candidate, tokenShift })
    .map(({ podId, tokenShift: shift }): StoreStep => ({ cluster, token }) => {
      const jobs = [{ job: 'one', description: '{}' }];
      return cluster.announce({ podId, token: token + shift, jobs }, never);
    }),
  fc.record({ id: handle, job }).map((wish): StoreStep => async ({ control, cluster }, nowMs) => {
    const { requests: standing } = await control.requests('', never);
    const { tick = nowMs } = standing.find(({ id }) => id === wish.id) ?? {};
    return cluster.outcome({ ...wish, tick }, never);
  }),
  fc.constant<StoreStep>(({ cluster }) => cluster.announced(never)),
  fc.constant<StoreStep>(({ cluster }) => cluster.states(['one', 'two'], never)),
  fc.constant<StoreStep>(({ cluster }) => cluster.pods(never)),
  fc.constant<StoreStep>(({ cluster }) => cluster.jobNames('', never)),
  fc
    .record({
      tokenShift,
      podId: candidate,
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
          cluster.sweep({ ...request, token: token + shift }, never),
    ),
  candidate.map(
    (podId): StoreStep =>
      ({ cluster }) =>
        cluster.leave(podId, never),
  ),
);

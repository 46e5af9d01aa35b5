import * as fc from 'fast-check';

import type { RedisCandidateStore } from '../../../lib/adapters/redis/redis-candidate-store.js';
import type { RedisClusterStore } from '../../../lib/adapters/redis/redis-cluster-store.js';
import type { RedisControlStore } from '../../../lib/adapters/redis/redis-control-store.js';
import type { RedisHistoryStore } from '../../../lib/adapters/redis/redis-history-store.js';
import type { RedisLeaseStore } from '../../../lib/adapters/redis/redis-lease-store.js';
import type { RedisRunStore } from '../../../lib/adapters/redis/redis-run-store.js';
import type { RunRef } from '../../../lib/core/run/run-ref.js';
import { MINUTE } from '../../support/durations.js';

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

export const never: AbortSignal = new AbortController().signal;

export const candidate = fc.constantFrom('pod-a', 'pod-b');
export const job = fc.constantFrom('one', 'two');
/** Relative to now: due, long due, due soon, early. */
const offset = fc.constantFrom(-3000, -2000, -1000, 0, 40, 5000);
export const runId = fc.constantFrom('r1', 'r2', 'r3', 'r4');
export const lockMs = fc.constantFrom(0, 1, 10_000);

export const retention = fc.constantFrom(
  { keep: 0, maxAgeMs: MINUTE },
  { keep: 2, maxAgeMs: MINUTE },
  { keep: 100, maxAgeMs: 1500 },
);

export const facts = fc.constantFrom({}, { pod: 'a', n: 1, ok: true });
/** The token of the term, an older one, a newer one. */
export const tokenShift = fc.constantFrom(0, 0, 0, 0, -1, 1);
const manual = fc.constantFrom(false, false, false, true);
export const jobSet = fc.constantFrom('', '1-a', '1-b');
export const candidateState = fc.constantFrom('up', 'resting', 'draining');

export const runRef = fc.record({ job, offset, runId, manual });

export function refAt(
  base: { job: string; offset: number; runId: string; manual: boolean },
  nowMs: number,
): RunRef {
  // Rounded, so that steps that follow each other name the same ticks.
  const tick = Math.floor(nowMs / 10_000) * 10_000 + base.offset;
  return { job: base.job, tick, runId: base.runId, manual: base.manual };
}

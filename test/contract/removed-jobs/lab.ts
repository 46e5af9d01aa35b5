import { expect } from '@jest/globals';

import type { SweepRequest } from '../../../lib/ports/control-store.js';
import { DAY, MINUTE } from '../../support/durations.js';
import type { RunStores } from '../../support/run-stores.js';
import { useLabs } from '../support/use-labs.js';

export const never: AbortSignal = new AbortController().signal;
export const LONG = MINUTE;
export const SHORT = 60;
export const LONGER = 3 * SHORT;
export const A = { podId: 'a', token: 7 };
/** Kept as long as the history says, and not for days at least. */
export const KEPT = { leastMs: 0, mostMs: 3650 * DAY, unknownMs: SHORT };

export async function claim(stores: RunStores, job: string, maxAgeMs = SHORT) {
  const { runs } = stores;
  const run = { job, tick: await stores.now(), runId: `run-${job}`, manual: false };
  const retention = { keep: 100, maxAgeMs };
  const policy = { intent: 'run', reason: '', overlap: 'skip', recover: false } as const;
  const claims = [{ ...run, ...policy, retention, facts: {} }];
  expect(await runs.claim({ ...A, lockMs: LONG, claims }, never)).toEqual([{ kind: 'go' }]);
  return { ...run, retention };
}

export async function runOnce(stores: RunStores, job: string, maxAgeMs = SHORT) {
  const run = await claim(stores, job, maxAgeMs);
  const end = { ...run, state: 'succeeded', attempt: 1, facts: {} } as const;
  expect(await stores.runs.finish([end], never)).toEqual(['finished']);
}

export async function namesIn({ cluster }: RunStores): Promise<readonly string[]> {
  const { names, next } = await cluster.jobNames('', never);
  expect(next).toBeUndefined();
  return [...names].sort();
}

type Swept = Promise<readonly string[] | undefined>;

/** Stores in which `a` leads, with what its sweeps ask. */
export async function openSweeper<Stores extends RunStores>(
  open: () => Promise<Stores>,
): Promise<Stores & { readonly sweep: (absent: readonly string[], rest?: Partial<SweepRequest>) => Swept }> {
  const stores = await open();
  await stores.lead(A.podId, A.token);
  const sweep = (absent: readonly string[], rest: Partial<SweepRequest> = {}) =>
    stores.cluster.sweep({ ...A, absent, present: [], kept: KEPT, ...rest }, never);
  return { ...stores, sweep };
}

export const useSweepers = () => useLabs('scheduler:removed:leader', async stores => stores);

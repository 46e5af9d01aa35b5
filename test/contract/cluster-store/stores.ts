import { MINUTE } from '../../support/durations.js';
import type { RunStores } from '../../support/run-stores.js';
import { useLabs } from '../support/use-labs.js';

export const never: AbortSignal = new AbortController().signal;
export const LONG = MINUTE;
export const A = { podId: 'a', token: 7 };
export const B = { podId: 'b', token: 8 };

/** Stores of the adapters; `a` does not lead yet. */
export const useClusterStores = () => useLabs('cluster', async stores => stores);

/** Stores in which `a` leads. */
export async function openLed(open: () => Promise<RunStores>): Promise<RunStores> {
  const stores = await open();
  await stores.lead(A.podId, A.token);
  return stores;
}

import { StoreClock } from '../../lib/engine/election/store-clock.js';
import { VirtualClock } from './virtual-clock.js';

/** An answer of a store that is ahead of the pod; the way takes `wayMs`, half of it back. */
export async function answer(storeClock: StoreClock, pod: VirtualClock, wayMs: number, storeAheadMs: number) {
  const askedAt = pod.now();
  await pod.advance(wayMs / 2);
  const storeNow = Math.floor(pod.now().wallMs + storeAheadMs);
  await pod.advance(wayMs / 2);
  storeClock.answered(askedAt, storeNow);
}

import { elapsedMs, type Instant } from './instant.js';
import type { ElectionTiming } from './timing.js';

/** One period of leading. */
export interface Term {
  /** The fencing token: strictly greater than that of every earlier term. */
  readonly token: number;
  /** When the term began, by the clock of the store. */
  readonly since: Date;
}

/**
 * How long a holder may still trust its lease. `askedAt` is the instant before the last successful command was
 * written: the lease cannot have been set earlier than that, so it cannot end earlier than trust does.
 */
export function remainingTrustMs(askedAt: Instant, now: Instant, timing: ElectionTiming): number {
  return timing.ttlMs - timing.marginMs - elapsedMs(askedAt, now);
}

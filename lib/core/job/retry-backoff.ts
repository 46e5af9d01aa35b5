import type { RetryPolicy } from './job-policy.js';

/**
 * Milliseconds from a failed attempt to the next one: the backoff doubles from attempt to attempt up to its
 * maximum, and a share of it, `jitter`, is random.
 *
 * @param attempt the one that failed, from 1
 * @param chance uniformly distributed in [0, 1)
 */
export function retryDelayMs(
  { backoffMs, maxBackoffMs, jitter }: RetryPolicy,
  attempt: number,
  chance: number,
) {
  const fullMs = Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(attempt - 1, 40));
  return Math.round(fullMs * (1 - jitter * chance));
}

import { RETRY_MAX_MS, RETRY_MIN_MS } from '../core/election/timing.js';
import type { Clock } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import { sleep } from '../ports/time.js';
import { isUnknown, type Unknown } from './store-call.js';

/**
 * Makes attempts until one has an answer. Resolves to that, or to the last `Unknown` when no further attempt is wanted.
 *
 * @param attempt never rejects
 * @param again called after an attempt without an answer, with the number of attempts made: waits as long as it takes
 *   until the next one, and resolves to whether to make it
 */
export async function retry<Answer>(
  attempt: () => Promise<Answer | Unknown>,
  again: (tries: number) => Promise<boolean>,
): Promise<Answer | Unknown> {
  for (let tries = 1; ; tries += 1) {
    const answer = await attempt();
    if (!isUnknown(answer) || !(await again(tries))) return answer;
  }
}

/** Sleeps for a random time between two attempts, so that pods do not retry at one moment. */
export function sleepBeforeRetry(deps: {
  readonly clock: Clock;
  readonly entropy: Entropy;
}): Promise<boolean> {
  return sleep(deps.clock, deps.entropy.uniform(RETRY_MIN_MS, RETRY_MAX_MS));
}

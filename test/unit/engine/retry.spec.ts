import { expect, it } from '@jest/globals';

import { RETRY_MAX_MS, RETRY_MIN_MS } from '../../../lib/core/election/timing.js';
import { retry, sleepBeforeRetry } from '../../../lib/engine/retry.js';
import type { Unknown } from '../../../lib/engine/store-call.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { VirtualEntropy } from '../../support/virtual-entropy.js';

const unknown = (): Unknown => ({ kind: 'unknown', cause: new Error('no answer') });

/** An attempt that has an answer at the end. */
function attempts(...answers: readonly (string | Unknown)[]) {
  let made = 0;
  return { attempt: () => Promise.resolve(answers[made++] ?? 'too many'), made: () => made };
}

it('makes attempts until one has an answer', async () => {
  const { attempt, made } = attempts(unknown(), unknown(), 'answer');
  const tries: number[] = [];
  const again = (count: number): Promise<boolean> => {
    tries.push(count);
    return Promise.resolve(true);
  };
  expect(await retry(attempt, again)).toBe('answer');
  expect(made()).toBe(3);
  expect(tries).toEqual([1, 2]);
});

it('ends with the last attempt when no further one is wanted', async () => {
  const last = unknown();
  const { attempt, made } = attempts(unknown(), last);
  expect(await retry(attempt, count => Promise.resolve(count < 2))).toBe(last);
  expect(made()).toBe(2);
});

it('makes no second attempt before the sleep is over', async () => {
  const clock = new VirtualClock();
  const { attempt, made } = attempts(unknown(), 'answer');
  const answer = retry(attempt, () => sleepBeforeRetry({ clock, entropy: new VirtualEntropy(1) }));
  await clock.advance(RETRY_MIN_MS - 1);
  expect(made()).toBe(1);
  await clock.advance(RETRY_MAX_MS - RETRY_MIN_MS + 1);
  expect(await answer).toBe('answer');
});

import { describe, expect, it } from '@jest/globals';

import { retryDelayMs } from '../../../../lib/core/job/retry-backoff.js';
import { MINUTE, SECOND } from '../../../support/durations.js';

const policy = { attempts: 100, backoffMs: SECOND, maxBackoffMs: MINUTE, jitter: 0 };

describe('the delay before the next attempt', () => {
  it('doubles from attempt to attempt, up to its maximum', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(attempt => retryDelayMs(policy, attempt, 0.5))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('is shorter by a random share, and never longer, in whole milliseconds', () => {
    const half = { ...policy, jitter: 0.5 };
    expect(retryDelayMs(half, 1, 0)).toBe(1000);
    expect(retryDelayMs(half, 1, 0.5)).toBe(750);
    expect(retryDelayMs(half, 1, 0.998)).toBe(501);
    expect(retryDelayMs(half, 1, 0.9999)).toBe(500);
  });

  it('may be any part of the whole when all of it is random', () => {
    expect(retryDelayMs({ ...policy, jitter: 1 }, 3, 0.75)).toBe(1000);
  });

  it('is none when there is no backoff, however often it failed', () => {
    for (const attempt of [1, 2, 50, 10_000])
      expect(retryDelayMs({ ...policy, backoffMs: 0 }, attempt, 0.5)).toBe(0);
  });

  it('is a finite number after any number of attempts', () => {
    const huge = { ...policy, maxBackoffMs: Number.MAX_SAFE_INTEGER };
    expect(retryDelayMs(huge, 1_000_000, 0)).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  });
});

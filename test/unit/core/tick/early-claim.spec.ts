import { expect, it } from '@jest/globals';

import { EARLY_MS, isEarly } from '../../../../lib/core/tick/early-claim.js';

const NOW = Date.UTC(2030, 0, 1);

it.each([
  ['due', 0, false],
  ['past', -EARLY_MS, false],
  ['within the tolerance', EARLY_MS, false],
  ['later than that', EARLY_MS + 1, true],
])('is early only beyond the tolerance: a tick that is %s', (_, inMs, expected) => {
  expect(isEarly(NOW + inMs, NOW)).toBe(expected);
});

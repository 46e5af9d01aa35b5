import { expect, it } from '@jest/globals';

import { unavailable } from '../../../lib/adapters/redis/redis-errors.js';

it.each([
  ['Connection is closed.', 'Redis is not available: Connection is closed. Jobs stand by'],
  ['connect ECONNREFUSED', 'Redis is not available: connect ECONNREFUSED. Jobs stand by'],
])('a reason is followed by one full stop: %s', (reason, message) => {
  expect(unavailable(new Error(reason)).message).toContain(message);
});

import { it } from '@jest/globals';

import { onlyUrlGiven, redisSource } from './redis-source.js';

/** The adapters for `describe.each`. Where no Redis server can be started that of Redis is left out, and a skipped test says why. */
export function eachAdapter<Adapter>(ram: Adapter, redis: Adapter): readonly Adapter[] {
  if (redisSource().kind !== 'url') return [ram, redis];
  it.skip(`the same contract with Redis (skipped: ${onlyUrlGiven})`, () => undefined);
  return [ram];
}

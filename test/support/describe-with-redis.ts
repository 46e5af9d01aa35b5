import { describe } from '@jest/globals';
import { onlyUrlGiven, redisSource } from './redis-source.js';

/** `describe` for suites that own a Redis server; where none can be started they are skipped, and the title says why. */
export function describeWithRedis(title: string, suite: () => void): void {
  if (redisSource().kind === 'url') describe.skip(`${title} (skipped: ${onlyUrlGiven})`, suite);
  else describe(title, suite);
}

import { createRequire } from 'node:module';

import type * as Ioredis from 'ioredis';

/**
 * ioredis, loaded when the first client is made of an address. Where clients are given, its fork's included, it need not
 * be installed. Throws what Node throws when it is not.
 */
export function ioredis(): typeof Ioredis {
  return createRequire(import.meta.url)('ioredis') as typeof Ioredis;
}

import type * as Ioredis from 'ioredis';

import type { RedisInput } from '../../../core/options/redis-input.js';
import { isIoredisLike } from '../../../core/options/redis-options.js';

let library: typeof Ioredis | undefined;

/**
 * Loads ioredis if clients of this input are made with it. Where clients are given, those of its fork included, it need
 * not be installed. Rejects with the error of the module loader when it is not. Must have resolved before the first
 * client is made: clients are made, and replaced, without a wait.
 */
export async function loadIoredis(input: RedisInput): Promise<void> {
  if (typeof input === 'function' || isIoredisLike(input)) return;
  library ??= await import('ioredis');
}

/** The library that `loadIoredis` has loaded. */
export function ioredis(): typeof Ioredis {
  if (library === undefined) throw new TypeError('loadIoredis() must come before the first client');
  return library;
}

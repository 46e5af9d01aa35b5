import type { RedisInput } from '../../core/redis-input.js';
import { createClient } from './redis-client.js';
import { redisKeys } from './redis-keys.js';
import { RedisLeaseStore } from './redis-lease-store.js';

/** Makes the lease store for a Redis; `open()` connects it. */
export function createRedisLeaseStore(
  redis: RedisInput,
  leaseKey: string,
  commandTimeoutMs: number,
): RedisLeaseStore {
  const lease = createClient(redis, 'lease', commandTimeoutMs);
  const events = createClient(redis, 'events', commandTimeoutMs);
  return new RedisLeaseStore(lease, events, redisKeys(leaseKey));
}

import { errorFacts } from '../../core/errors/error-facts.js';
import { StoreUnavailableError } from '../../core/errors/errors.js';
import { createConnection } from './connection/create-connection.js';
import type { RedisConnection } from './connection/redis-connection.js';
import { storesOfRuns, type RedisStores, type RedisStoresOptions } from './create-redis-stores.js';
import { redisKeys } from './redis-keys.js';
import { RedisLeaseStore } from './redis-lease-store.js';
import { findSchedulers, type FoundScheduler } from './redis-schedulers.js';

export { loadIoredis } from './connection/ioredis-library.js';

/** The stores of a scheduler for a client from outside, which competes for nothing. */
export interface RedisView extends Omit<RedisStores, 'open' | 'ready' | 'facts'> {
  /** Resolves when it is connected; rejects with `StoreUnavailableError` when it could not be, or not in time. */
  connect(limitMs: number): Promise<void>;
  /** See `findSchedulers`. */
  schedulers(signal: AbortSignal): Promise<readonly FoundScheduler[]>;
}

/** Makes the stores over one connection, which is not open yet. */
export function createRedisView(
  options: Pick<RedisStoresOptions, 'redis' | 'leaseKey' | 'commandTimeoutMs' | 'clock'>,
): RedisView {
  const { leaseKey, commandTimeoutMs } = options;
  const keys = redisKeys(leaseKey);
  const connection = createConnection('runs', options);
  const lease = new RedisLeaseStore({ lease: connection, events: undefined, keys });
  return {
    lease,
    ...storesOfRuns(connection, keys, { commandTimeoutMs, replicas: undefined }),
    connect: limitMs => connected(connection, limitMs),
    schedulers: signal => findSchedulers(connection.client, signal),
    close: () => lease.close(),
  };
}

/** Gives up with the first attempt that fails. */
async function connected(connection: RedisConnection, limitMs: number): Promise<void> {
  if (connection.isOpen) return;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    await connection.send(async () => undefined, limit.signal);
  } catch (error) {
    const cause = error instanceof StoreUnavailableError ? error.cause : error;
    throw unreachable(limit.signal.aborted ? undefined : cause, limitMs);
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(cause: unknown, limitMs: number): StoreUnavailableError {
  const reason = cause === undefined ? '' : errorFacts(cause).errorMessage.replace(/\.$/, '');
  return new StoreUnavailableError({
    problem: `Redis is not available: ${reason || `there was no connection within ${limitMs} ms`}`,
    remedy: 'Make sure that it runs, that this is where it is, and that the password is right',
    cause,
  });
}

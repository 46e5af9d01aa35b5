import { errorFacts } from '../../core/error-facts.js';
import { StoreUnavailableError } from '../../core/errors.js';
import { createClient, type Client } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';
import type { RedisStores, RedisStoresOptions } from './create-redis-stores.js';
import { RedisCandidateStore } from './redis-candidate-store.js';
import { RedisClusterStore } from './redis-cluster-store.js';
import { RedisControlStore } from './redis-control-store.js';
import { RedisHistoryStore } from './redis-history-store.js';
import { redisKeys } from './redis-keys.js';
import { RedisLeaseStore } from './redis-lease-store.js';
import { RedisRunStore } from './redis-run-store.js';
import { findSchedulers, type FoundScheduler } from './redis-schedulers.js';

/** The stores of a scheduler for somebody who looks at it from outside and competes for nothing. */
export interface RedisView extends Omit<RedisStores, 'open' | 'ready'> {
  /** Resolves when it is connected; rejects with `StoreUnavailableError` when it could not be, or not in time. */
  connect(limitMs: number): Promise<void>;
  /** See `findSchedulers`. */
  schedulers(signal: AbortSignal): Promise<readonly FoundScheduler[]>;
}

/** Makes the stores over one connection, which is not open yet. */
export function createRedisView(
  options: Pick<RedisStoresOptions, 'redis' | 'leaseKey' | 'commandTimeoutMs'>,
): RedisView {
  const { redis, leaseKey, commandTimeoutMs } = options;
  const keys = redisKeys(leaseKey);
  const client = createClient(redis, 'runs', commandTimeoutMs);
  const connection = new RedisConnection(client);
  // Never opened: nobody listens here.
  const events = createClient(redis, 'events', commandTimeoutMs);
  const lease = new RedisLeaseStore({ lease: client, events, keys, presenceOf: undefined });
  return {
    lease,
    runs: new RedisRunStore(connection, keys, { commandTimeoutMs, replicas: () => undefined }),
    history: new RedisHistoryStore(connection, keys),
    control: new RedisControlStore(connection, keys),
    cluster: new RedisClusterStore(connection, keys),
    candidates: new RedisCandidateStore(connection, keys),
    connect: limitMs => connected(client, limitMs),
    schedulers: signal => findSchedulers(client, signal),
    close: () => lease.close(),
  };
}

function connected(client: Client, limitMs: number): Promise<void> {
  if (client.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    let last: unknown;
    const give = (settle: () => void) => (): void => {
      clearTimeout(limit);
      settle();
    };
    const fail = give(() => reject(unreachable(last, limitMs)));
    const limit = setTimeout(fail, limitMs);
    client.on('error', (error: unknown) => (last = error));
    client.once('close', fail);
    client.once('ready', give(resolve));
    // What becomes of it is told by the events above.
    if (client.status === 'wait') client.connect().catch((error: unknown) => (last ??= error));
  });
}

function unreachable(cause: unknown, limitMs: number): StoreUnavailableError {
  const reason = cause === undefined ? '' : errorFacts(cause).errorMessage.replace(/\.$/, '');
  return new StoreUnavailableError({
    problem: `Redis is not available: ${reason || `there was no connection within ${limitMs} ms`}`,
    remedy: 'Make sure that it runs, that this is where it is, and that the password is right',
    cause,
  });
}

import type { RedisConnectionRequest, RedisInput } from '../../../core/options/redis-input.js';
import type { Clock } from '../../../ports/clock.js';
import type { InvalidValues } from '../codec/invalid-values.js';
import { connectTimeoutOf, createClient, isIndirect, type Client } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';
import { redisKeys } from '../redis-keys.js';
import { answers, verifyConnection } from './verify-connection.js';

/** A connection with a pending command and no answer for this many command timeouts is replaced. */
const SILENT_TIMEOUTS = 3;
/** An attempt to open it may take this many connect timeouts: the socket, the handshake, and the first answers. */
const OPEN_TIMEOUTS = 2;
/** As long again for a Sentinel or the nodes of a Cluster, which are asked first. */
const OPEN_TIMEOUTS_INDIRECT = 4;

export interface ConnectionOptions {
  readonly redis: RedisInput;
  readonly leaseKey: string;
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
  readonly invalid?: InvalidValues;
  /** See `RedisConnectionDeps`. */
  readonly onBug?: ((error: unknown) => void) | undefined;
}

type Role = RedisConnectionRequest['role'];

/**
 * Makes the connection for a role, not open yet.
 *
 * @param greet what else is sent first on each new connection, and waited for
 */
export function createConnection(
  role: Exclude<Role, 'presence'>,
  options: ConnectionOptions,
  greet: (client: Client) => Promise<void> = async () => undefined,
): RedisConnection {
  const { redis, leaseKey, commandTimeoutMs } = options;
  const { lease, events } = redisKeys(leaseKey);
  const make = (): Client => createClient(redis, role, commandTimeoutMs);
  const verify = (client: Client): Promise<unknown> =>
    role === 'events'
      ? answers(client.subscribe(events))
      : Promise.all([verifyConnection(client, lease), greet(client)]);
  return connectionOf(make, verify, options);
}

/**
 * A connection that is not open yet.
 *
 * @param make makes each of its clients: the first one at once
 * @param verify see `RedisLinkDeps`
 */
export function connectionOf(
  make: () => Client,
  verify: (client: Client) => Promise<unknown>,
  { commandTimeoutMs, clock, invalid, onBug }: Omit<ConnectionOptions, 'redis' | 'leaseKey'>,
): RedisConnection {
  let first: Client | undefined = make();
  const timeouts = isIndirect(first) ? OPEN_TIMEOUTS_INDIRECT : OPEN_TIMEOUTS;
  const takeFirst = (): Client => {
    const client = first ?? make();
    first = undefined;
    return client;
  };
  return new RedisConnection({
    make: takeFirst,
    verify,
    clock,
    invalid,
    onBug,
    openLimitMs: timeouts * connectTimeoutOf(commandTimeoutMs),
    silenceMs: SILENT_TIMEOUTS * commandTimeoutMs,
  });
}

/*
 * Connections for an election. ioredis's defaults are made for caches: commands wait for a lost connection and
 * are sent again after it. A lease of 10 s needs the opposite: fail at once, never send twice, be back soon.
 */
import { inspect } from 'node:util';

import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';

import { errorFacts } from '../../../core/errors/error-facts.js';
import { InvalidOptionsError, ScheduleError } from '../../../core/errors/errors.js';
import type {
  RedisClusterOptions,
  RedisConnectionRequest,
  RedisInput,
} from '../../../core/options/redis-input.js';
import { isMissingPeer } from '../../../core/errors/missing-peer.js';
import { isIoredisLike } from '../../../core/options/redis-options.js';
import { ioredis } from './ioredis-library.js';

export type Client = Redis | Cluster;
type Role = RedisConnectionRequest['role'];

/** A constant, short delay: back within a fraction of the lease, without hammering. */
const RECONNECT_MS = 100;
/** A connection that was silent for this time is probed, so that none goes stale unnoticed while it idles. */
const KEEP_ALIVE_MS = 30_000;
const CLOSE_TIMEOUT_MS = 100;
/** A handshake may be slower than a command. */
const MIN_CONNECT_TIMEOUT_MS = 500;

/** How long a socket may take to connect, ms. */
export function connectTimeoutOf(commandTimeoutMs: number): number {
  return Math.max(MIN_CONNECT_TIMEOUT_MS, commandTimeoutMs);
}

/** Makes a client for a role, not yet open. It reconnects by itself until it is disconnected. */
export function createClient(input: RedisInput, role: Role, commandTimeoutMs: number): Client {
  const options = connectionOptions(role, commandTimeoutMs);
  return prepared(made(input, role, options));
}

/** Makes a client to the server of another one, such as a node of a Cluster, for a role; not yet open. */
export function createClientLike(client: Redis, role: Role, commandTimeoutMs: number): Client {
  return prepared(client.duplicate(connectionOptions(role, commandTimeoutMs)));
}

function prepared(client: Client): Client {
  // Without a listener ioredis prints every failed attempt; the lease store reports outages.
  client.on('error', () => undefined);
  return hideOptions(client);
}

/** An error of ioredis or of a factory may cite the address: raw, it would be printed with the password in it. */
function made(input: RedisInput, role: Role, options: ConnectionOptions): Client {
  try {
    return make(input, role, options);
  } catch (cause) {
    if (cause instanceof ScheduleError || isMissingPeer(cause, 'ioredis')) throw cause;
    const what =
      typeof input === 'function' ? 'The redis factory threw' : 'redis: ioredis refused the options';
    throw new InvalidOptionsError({
      problem: `${what}: ${errorFacts(cause).errorMessage}`,
      remedy:
        'Give the address of a Redis as a URL, as ioredis options, or as { nodes, options } for a cluster',
      cause,
    });
  }
}

/** A client that is printed, alone or in another object, shows no password. */
function hideOptions(client: Client): Client {
  const printed = (): string => `${client.isCluster ? 'Cluster' : 'Redis'} { status: '${client.status}' }`;
  return Object.defineProperty(client, inspect.custom, { value: printed, configurable: true });
}

function make(input: RedisInput, role: Role, options: ConnectionOptions): Client {
  if (typeof input === 'string') return new (ioredis().Redis)(input, options);
  if (typeof input === 'function') return accept(input({ role, options: { ...options } }));
  if (isClient(input)) return duplicate(input, options);
  if (isClusterInput(input)) {
    return new (ioredis().Cluster)(
      [...input.nodes] as ClusterNode[],
      clusterOptions(input.options ?? {}, options),
    );
  }
  return new (ioredis().Redis)({ ...(input as RedisOptions), ...options });
}

/** Clients that factories made: one that comes twice would be put into subscriber mode under our commands. */
const accepted = new WeakSet<Client>();

function accept(client: unknown): Client {
  if (!isClient(client) || accepted.has(client)) {
    throw new InvalidOptionsError({
      problem: 'The redis factory did not return a new ioredis client',
      received: client,
      remedy:
        'Return `new Redis({ …, ...connection.options })` at every call, or pass a ready client as `redis`',
    });
  }
  accepted.add(client);
  return client;
}

function duplicate(client: Client, options: ConnectionOptions): Client {
  return isClusterClient(client)
    ? client.duplicate([], clusterOptions(client.options, options))
    : client.duplicate(options);
}

// By shape, not by class: the client may come from another copy of ioredis.
function isClient(input: unknown): input is Client {
  return isIoredisLike(input);
}

/** Whether a Sentinel or a Cluster says where the server is. */
export function isIndirect(client: Client): boolean {
  return client.isCluster || ((client as Redis).options.sentinels ?? []).length > 0;
}

/** The database that a client was configured to use. */
export function databaseOf(client: Client): number {
  return client.isCluster ? 0 : ((client as Redis).options.db ?? 0);
}

export function isClusterClient(client: Client): client is Cluster {
  return client.isCluster;
}

function isClusterInput(input: object): input is RedisClusterOptions {
  return 'nodes' in input;
}

type ConnectionOptions = ReturnType<typeof connectionOptions>;

/** Options that every connection has. */
const COMMON_OPTIONS = {
  lazyConnect: true,
  keyPrefix: '',
  replyMapping: 'legacy',
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // The code that needs a subscription renews it: on a connection without RESP3 it blocks all other commands.
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  enableReadyCheck: false,
  // Options of a template or of the user with which scripts or the election would not work.
  enableAutoPipelining: false,
  stringNumbers: false,
  readOnly: false,
  monitor: false,
  role: 'master',
  // How long a polite close may take before the socket is destroyed.
  disconnectTimeout: CLOSE_TIMEOUT_MS,
  keepAlive: KEEP_ALIVE_MS,
  retryStrategy: () => RECONNECT_MS,
  // The server has become a replica: find the new master. Redis 6 has words before it when a script wrote.
  reconnectOnError: (error: Error) => /\bREADONLY\b/.test(error.message),
} as const;

function connectionOptions(role: Role, commandTimeoutMs: number) {
  const connectTimeout = connectTimeoutOf(commandTimeoutMs);
  return {
    ...COMMON_OPTIONS,
    connectionName: `leader-schedule:${role}`,
    connectTimeout,
    sentinelCommandTimeout: connectTimeout,
    // For the handshake. The caller gives a command up earlier.
    commandTimeout: 2 * connectTimeout,
  };
}

function clusterOptions(given: ClusterOptions, options: ConnectionOptions) {
  const { lazyConnect, enableOfflineQueue, enableReadyCheck, retryStrategy, ...node } = options;
  return {
    ...given,
    lazyConnect,
    enableOfflineQueue,
    enableReadyCheck,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: options.connectTimeout,
    redisOptions: { ...given.redisOptions, ...node },
  };
}

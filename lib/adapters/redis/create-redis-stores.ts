import type { RedisInput } from '../../core/options/redis-input.js';
import type { CandidateStore } from '../../ports/candidate-store.js';
import type { Clock } from '../../ports/clock.js';
import type { ClusterStore, ControlStore } from '../../ports/control-store.js';
import type { HistoryStore } from '../../ports/history-store.js';
import type { InvalidValue } from '../../ports/invalid-value.js';
import type { LeaseStore } from '../../ports/lease-store.js';
import type { RunStore } from '../../ports/run-store.js';
import type { StoreFacts } from '../../ports/stores.js';
import { InvalidValues } from './codec/invalid-values.js';
import { parseServer } from './codec/server-codec.js';
import { RedisCandidateStore } from './redis-candidate-store.js';
import { RedisClusterStore } from './redis-cluster-store.js';
import { createConnection } from './connection/create-connection.js';
import type { RedisConnection } from './connection/redis-connection.js';
import { EventsProbe } from './connection/events-probe.js';
import { RedisControlStore } from './redis-control-store.js';
import { RedisHistoryStore } from './redis-history-store.js';
import { redisKeys, type RedisKeys } from './redis-keys.js';
import { RedisLeaseStore } from './redis-lease-store.js';
import { RedisPresence } from './connection/redis-presence.js';
import { RedisRunStore } from './redis-run-store.js';

export { loadIoredis } from './connection/ioredis-library.js';

export interface RedisStoresOptions {
  readonly redis: RedisInput;
  readonly leaseKey: string;
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
  /** The candidate whose presence is shown; `undefined`: none. */
  readonly presenceOf: string | undefined;
  /** Strict mode: how many replicas must have a claim, at least; `undefined`: off. */
  readonly replicas: number | undefined;
  /** Called with values in Redis that the scheduler cannot have written. */
  readonly onInvalid?: (found: InvalidValue) => void;
  /** Called once with the reason why no other candidate can see whether this one is alive. */
  readonly onNoPresence?: (reason: string) => void;
  /** Receives errors of this package's own code that no call returns. @default they are thrown, uncaught */
  readonly onBug?: (error: unknown) => void;
}

export interface RedisStores {
  readonly lease: LeaseStore;
  readonly runs: RunStore;
  readonly history: HistoryStore;
  readonly control: ControlStore;
  readonly cluster: ClusterStore;
  readonly candidates: CandidateStore;
  /** Opens the connections; they come back by themselves from then on. */
  open(): void;
  /**
   * Opens that which carries runs, if it is not yet; resolves when it has been open once. With a signal, rejects with
   * the reason when the last attempt has failed, or the signal aborts.
   */
  ready(signal?: AbortSignal): Promise<void>;
  /** Resolves when the election and the runs can use Redis for the first time. */
  facts(): Promise<StoreFacts>;
  close(): Promise<void>;
}

/**
 * Makes the stores for a Redis. They share three connections: one carries the election, and nothing that could
 * delay it; one all that has to do with runs; one listens. With RESP2 and in a Cluster a fourth one shows that this
 * process lives.
 */
export function createRedisStores(options: RedisStoresOptions): RedisStores {
  const keys = redisKeys(options.leaseKey);
  const result = new PresenceResult(options);
  const { election, events, runs, presence } = createConnections(options, keys, result);
  const probe = new EventsProbe(events, keys.events, options.clock);
  const lease = new RedisLeaseStore({ lease: election, ...presence, events, probe, keys });
  return {
    lease,
    ...storesOfRuns(runs, keys, options),
    open: () => {
      lease.open();
      runs.open();
    },
    ready: signal => {
      runs.open();
      return signal === undefined ? runs.opened : runs.send(async () => undefined, signal);
    },
    facts: async () => {
      await Promise.all([election.opened, runs.opened]);
      return { server: await serverOf(runs), slowTakeover: await result.first };
    },
    close: async () => {
      await Promise.all([lease.close(), runs.close()]);
    },
  };
}

/** `undefined`: it gives no version, or an ACL forbids the question. */
async function serverOf(connection: RedisConnection): Promise<string | undefined> {
  const { signal } = new AbortController();
  const info = await connection.send(client => client.info('server'), signal).catch(() => '');
  return parseServer(String(info));
}

/** The stores that share the connection for runs. */
export function storesOfRuns(
  connection: RedisConnection,
  keys: RedisKeys,
  { commandTimeoutMs, replicas }: Pick<RedisStoresOptions, 'commandTimeoutMs' | 'replicas'>,
): Pick<RedisStores, 'runs' | 'history' | 'control' | 'cluster' | 'candidates'> {
  return {
    runs: new RedisRunStore(connection, keys, { commandTimeoutMs, replicas: () => replicas }),
    history: new RedisHistoryStore(connection, keys),
    control: new RedisControlStore(connection, keys),
    cluster: new RedisClusterStore(connection, keys),
    candidates: new RedisCandidateStore(connection, keys),
  };
}

function createConnections(options: RedisStoresOptions, keys: RedisKeys, result: PresenceResult) {
  const { presenceOf } = options;
  const shared = { ...options, invalid: new InvalidValues(options.onInvalid) };
  const presence =
    presenceOf === undefined
      ? undefined
      : new RedisPresence({ ...options, channel: keys.alive + presenceOf, onResult: result.onResult });
  const election: RedisConnection = createConnection('lease', shared, async client => {
    // Before anything else is asked on the connection.
    await presence?.announce(client, election);
  });
  const events = createConnection('events', shared);
  const runs = createConnection('runs', shared);
  for (const follower of [events, runs]) follower.follow(election);
  return { election, events, runs, presence: presence && { presence } };
}

/** Whether other candidates can see the presence of this one; the first reason why they cannot is reported. */
class PresenceResult {
  /** Resolves to the reason; to `undefined` where it is seen, or not wanted. */
  readonly first: Promise<string | undefined>;
  private isReported = false;
  private resolve: (reason: string | undefined) => void = () => undefined;

  constructor(private readonly options: Pick<RedisStoresOptions, 'presenceOf' | 'onNoPresence'>) {
    this.first = new Promise(resolve => (this.resolve = resolve));
    if (options.presenceOf === undefined) this.resolve(undefined);
  }

  readonly onResult = (reason: string | undefined): void => {
    this.resolve(reason);
    if (reason === undefined || this.isReported) return;
    this.isReported = true;
    this.options.onNoPresence?.(reason);
  };
}

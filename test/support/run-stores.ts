import { RamClusterStore } from '../../lib/adapters/ram/ram-cluster-store.js';
import { RamControlStore } from '../../lib/adapters/ram/ram-control-store.js';
import { RamHistoryStore } from '../../lib/adapters/ram/ram-history-store.js';
import { RamJobs } from '../../lib/adapters/ram/ram-jobs.js';
import { RamRunStore } from '../../lib/adapters/ram/ram-run-store.js';
import { loadIoredis } from '../../lib/adapters/redis/connection/ioredis-library.js';
import { RedisClusterStore } from '../../lib/adapters/redis/redis-cluster-store.js';
import { createConnection } from '../../lib/adapters/redis/connection/create-connection.js';
import { RedisControlStore } from '../../lib/adapters/redis/redis-control-store.js';
import { RedisHistoryStore } from '../../lib/adapters/redis/redis-history-store.js';
import { redisKeys, type RedisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { RedisRunStore } from '../../lib/adapters/redis/redis-run-store.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import type { ClusterStore, ControlStore } from '../../lib/ports/control-store.js';
import type { HistoryStore } from '../../lib/ports/history-store.js';
import type { RunStore } from '../../lib/ports/run-store.js';
import { eventually } from './eventually.js';
import type { RedisServer } from './redis-server.js';
import { VirtualClock } from './virtual-clock.js';

/** The stores about runs, empty, with a lease that a test gives to whom it likes. */
export interface RunStores {
  readonly runs: RunStore;
  readonly history: HistoryStore;
  readonly control: ControlStore;
  readonly cluster: ClusterStore;
  /** The store's own time, Unix ms. */
  now(): Promise<number>;
  lead(podId: string, token: number): Promise<unknown>;
  /** Lets this much of the store's time pass. */
  pass(ms: number): Promise<unknown>;
}

export interface RamRunStores extends RunStores {
  /** The jobs of runs whose ends were notified. */
  readonly ended: readonly string[];
}

export function ramRunStores(clock = new VirtualClock()): RamRunStores {
  const jobs = new RamJobs(clock);
  const ended: string[] = [];
  let leader = '';
  const isHeldBy = (podId: string, token: number) => leader === `${podId}|${token}`;
  return {
    ended,
    runs: new RamRunStore(jobs, { isHeldBy }, signal => {
      if (signal.kind === 'run-ended') ended.push(signal.job);
    }),
    history: new RamHistoryStore(jobs),
    control: new RamControlStore(jobs, () => undefined),
    cluster: new RamClusterStore(jobs, undefined),
    now: async () => clock.now().wallMs,
    lead: async (podId, token) => (leader = `${podId}|${token}`),
    pass: ms => clock.advance(ms),
  };
}

export interface RedisRunStores extends RunStores {
  readonly keys: RedisKeys;
  close(): Promise<void>;
}

export interface RedisRunStoresOptions {
  readonly replicas?: () => number | undefined;
  readonly commandTimeoutMs?: number;
  /** Reaches the server as a node of a Cluster. */
  readonly cluster?: boolean;
}

/** Settles when they are connected. */
export async function redisRunStores(
  server: RedisServer,
  leaseKey: string,
  options: RedisRunStoresOptions = {},
): Promise<RedisRunStores> {
  const { commandTimeoutMs = 1000 } = options;
  const input = options.cluster ? { nodes: [{ host: '127.0.0.1', port: server.port }] } : server.url;
  const clock = new SystemClock();
  await loadIoredis(input);
  const connection = createConnection('runs', { redis: input, leaseKey, commandTimeoutMs, clock });
  const keys = redisKeys(leaseKey);
  const isOpen = new Promise<void>(onOpen => connection.watch({ onOpen }));
  connection.open();
  await isOpen;
  const now = async () => {
    const [seconds = '0', micros = '0'] = (await connection.client.time()).map(String);
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };
  return {
    keys,
    runs: new RedisRunStore(connection, keys, { commandTimeoutMs, ...options }),
    history: new RedisHistoryStore(connection, keys),
    control: new RedisControlStore(connection, keys),
    cluster: new RedisClusterStore(connection, keys),
    now,
    lead: (podId, token) => connection.client.set(keys.lease, `${podId}|${token}`),
    pass: async ms => {
      const until = (await now()) + ms;
      await eventually(async () => (await now()) >= until, { what: `${ms} ms have passed`, every: 2 });
    },
    close: () => connection.close(),
  };
}

import { createRamStores } from '../adapters/ram/create-ram-stores.js';
import type { RedisStoresOptions } from '../adapters/redis/create-redis-stores.js';
import { peerError } from '../core/errors/missing-peer.js';
import type { ResolvedOptions } from '../core/options/options.js';
import type { Clock } from '../ports/clock.js';
import type { Stores } from '../ports/stores.js';

/** The dependencies of the stores on this process. */
export interface StoreWorld extends Pick<RedisStoresOptions, 'onInvalid' | 'onNoPresence' | 'onBug'> {
  readonly podId: string;
  readonly clock: Clock;
}

/** The stores of the mode. Rejects with `MissingPeerError` when it needs a package that is not installed. */
export async function createStores(options: ResolvedOptions, world: StoreWorld): Promise<Stores> {
  return options.mode === 'redis' ? redisStores(options, world) : ramStores(options, world);
}

function ramStores({ appVersion: version }: ResolvedOptions, { podId, clock }: StoreWorld): Stores {
  return {
    ...createRamStores(clock, { podId, version }),
    open: () => undefined,
    ready: () => Promise.resolve(),
    facts: () => Promise.resolve({}),
    close: () => Promise.resolve(),
  };
}

/** Loads the Redis adapter, and ioredis with it, only when they are needed. */
async function redisStores(options: ResolvedOptions, world: StoreWorld): Promise<Stores> {
  const { createRedisStores, loadIoredis } = await import('../adapters/redis/create-redis-stores.js');
  const { podId, ...rest } = world;
  try {
    await loadIoredis(options.redis);
    return createRedisStores({
      ...rest,
      redis: options.redis,
      leaseKey: options.leaderKey,
      commandTimeoutMs: options.timing.commandTimeoutMs,
      presenceOf: options.fastTakeover ? podId : undefined,
      replicas: options.consistency === 'strict' ? (options.replicas ?? 1) : undefined,
    });
  } catch (cause) {
    throw peerError(cause, 'ioredis', IOREDIS_NEEDED);
  }
}

const IOREDIS_NEEDED = {
  problem: "Mode 'redis' with an address needs the package ioredis, which is not installed",
  remedy: "Run `npm install ioredis`, or choose mode 'ram' where a single process suffices",
};

import { afterEach } from '@jest/globals';

import type { RedisServer } from '../../support/redis-server.js';
import {
  ramRunStores,
  redisRunStores,
  type RedisRunStores,
  type RedisRunStoresOptions,
  type RunStores,
} from '../../support/run-stores.js';
import { eachAdapter } from '../../support/each-adapter.js';
import { useRedisServer } from '../../support/use-redis-server.js';

/** An adapter whose stores a test uses through a lab of its own. */
export interface LabAdapter<Lab> {
  readonly name: string;
  readonly openLab: () => Promise<Lab>;
}

export interface Labs<Lab> {
  /** RAM and Redis, for `describe.each`. */
  readonly adapters: readonly LabAdapter<Lab>[];
  readonly redisServer: () => RedisServer;
  /** Opens stores on the server of this spec, or on another one. */
  readonly openRedisLab: (
    on?: RedisServer,
    options?: RedisRunStoresOptions,
  ) => Promise<RedisRunStores & { readonly lab: Lab }>;
}

/** The labs of one spec file, each with a lease key of its own. Call it at module level: it registers hooks. */
export function useLabs<Lab>(leaseKey: string, labOf: (stores: RunStores) => Promise<Lab>): Labs<Lab> {
  const redisServer = useRedisServer();
  const opened: RedisRunStores[] = [];
  let count = 0;
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(stores => stores.close()));
  });

  const openRedisLab: Labs<Lab>['openRedisLab'] = async (on = redisServer(), options = {}) => {
    const stores = await redisRunStores(on, `${leaseKey}-${(count += 1)}`, options);
    opened.push(stores);
    return { ...stores, lab: await labOf(stores) };
  };
  const ram = { name: 'RAM', openLab: async () => labOf(ramRunStores()) };
  const redis = { name: 'Redis', openLab: async () => (await openRedisLab()).lab };
  return { adapters: eachAdapter<LabAdapter<Lab>>(ram, redis), redisServer, openRedisLab };
}

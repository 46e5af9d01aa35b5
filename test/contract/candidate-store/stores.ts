import { afterEach } from '@jest/globals';
import { Redis } from 'ioredis';

import { RamLeaseStore } from '../../../lib/adapters/ram/ram-lease-store.js';
import {
  createRedisStores,
  loadIoredis,
  type RedisStores,
} from '../../../lib/adapters/redis/create-redis-stores.js';
import { SystemClock } from '../../../lib/adapters/system/system-clock.js';
import type { Candidacy, CandidateStore } from '../../../lib/ports/candidate-store.js';
import type { LeaseStore } from '../../../lib/ports/lease-store.js';
import { MINUTE, SECOND } from '../../support/durations.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { eachAdapter } from '../../support/each-adapter.js';
import { useRedisServer } from '../../support/use-redis-server.js';

export interface Subject {
  readonly lease: LeaseStore;
  readonly candidates: CandidateStore;
}
export const never: AbortSignal = new AbortController().signal;
export const CANDIDACY: Candidacy = {
  jobSet: '1-a',
  state: 'up',
  distrustedUntil: 0,
  intervalMs: 3 * SECOND,
  ttlMs: 10 * SECOND,
  rival: '',
  page: undefined,
  staleMs: MINUTE,
};

export interface CandidateStores {
  /** RAM and Redis, for `describe.each`. */
  readonly adapters: readonly CandidatesAdapter[];
  readonly inRedis: () => Promise<RedisStores & { readonly leaseKey: string }>;
  /** A client of the server of this spec. */
  readonly redis: () => Redis;
}

export interface CandidatesAdapter {
  readonly name: string;
  readonly open: () => Promise<Subject>;
}

/** The stores of one spec file. Call it at module level: it registers hooks. */
export function useCandidateStores(): CandidateStores {
  const redisServer = useRedisServer();
  const opened: RedisStores[] = [];
  let client: Redis | undefined;
  let count = 0;
  const redis = () => (client ??= new Redis(redisServer().url));
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(stores => stores.close()));
    client?.disconnect();
    client = undefined;
  });

  const inRedis = async () => {
    const leaseKey = `candidates-${(count += 1)}`;
    const stores = await connectedStores(redisServer().url, leaseKey);
    opened.push(stores);
    return { ...stores, leaseKey };
  };
  return {
    adapters: eachAdapter<CandidatesAdapter>({ name: 'RAM', open: inRam }, { name: 'Redis', open: inRedis }),
    inRedis,
    redis,
  };
}

async function inRam(): Promise<Subject> {
  const lease = new RamLeaseStore(new VirtualClock(1_900_000_000_000));
  return { lease, candidates: lease.candidates };
}

async function connectedStores(url: string, leaseKey: string): Promise<RedisStores> {
  await loadIoredis(url);
  const stores = createRedisStores({
    redis: url,
    leaseKey,
    commandTimeoutMs: SECOND,
    clock: new SystemClock(),
    presenceOf: undefined,
    replicas: undefined,
  });
  const connected = new Promise<void>(resolve => {
    stores.lease.watch(signal => {
      if (signal.kind === 'connected') resolve();
    });
  });
  stores.open();
  await Promise.all([connected, stores.ready()]);
  return stores;
}

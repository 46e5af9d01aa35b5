import { afterEach } from '@jest/globals';

import {
  createRedisStores,
  loadIoredis,
  type RedisStores,
} from '../../../lib/adapters/redis/create-redis-stores.js';
import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { SystemClock } from '../../../lib/adapters/system/system-clock.js';
import type { InvalidValue } from '../../../lib/ports/invalid-value.js';
import { MINUTE, SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { GARBAGE } from '../../support/garbage.js';
import { useRedisServer } from '../../support/use-redis-server.js';

export const never: AbortSignal = new AbortController().signal;
export const TTL_MS = 300;
/** Does not expire while a test runs. */
export const LONG_AS_A = { podId: 'a', ttlMs: MINUTE, endedToken: 0, evidence: false, watched: [] };
export const JOB_SET = `1-${'a'.repeat(32)}`;
export const ANOTHER_TYPE = 'a key of another type';
export const BAD_VALUES = Object.entries(GARBAGE);

/** Elections of one spec file, each with a lease key of its own. Call it at module level: it registers hooks. */
export function useElections() {
  const redisServer = useRedisServer();
  const opened: RedisStores[] = [];
  let leases = 0;
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(stores => stores.close()));
  });
  const command = (name: string, ...args: (string | number)[]) => redisServer().command(name, ...args);
  const open = async () => {
    const leaseKey = `election:${(leases += 1)}`;
    const { stores, found } = await connectedStores(redisServer().url, leaseKey);
    opened.push(stores);
    return { stores, found, keys: redisKeys(leaseKey), ...callsOf(stores) };
  };
  return { open, command };
}

async function connectedStores(url: string, leaseKey: string) {
  const found: InvalidValue[] = [];
  await loadIoredis(url);
  const stores = createRedisStores({
    redis: url,
    leaseKey,
    commandTimeoutMs: SECOND,
    clock: new SystemClock(),
    presenceOf: undefined,
    replicas: undefined,
    onInvalid: one => found.push(one),
  });
  let isOpen = false;
  stores.lease.watch(({ kind }) => (isOpen ||= kind === 'connected'));
  stores.open();
  await eventually(() => isOpen, { what: 'the store is connected' });
  return { stores, found };
}

/** The calls of candidates to the stores, with a short ttl. */
function callsOf(stores: RedisStores) {
  const request = { ttlMs: TTL_MS, endedToken: 0, evidence: false, watched: [] };
  const acquire = (podId: string) => stores.lease.acquire({ ...request, podId }, never);
  /** Follows, and wants to probe after due ticks. Answers whether it has to. */
  const followAsProber = async (podId: string) => {
    const news = { state: 'up', distrustedUntil: 0, rival: '', page: undefined, staleMs: MINUTE } as const;
    const candidacy = { ...news, jobSet: JOB_SET, intervalMs: 300, ttlMs: TTL_MS };
    const answer = await stores.lease.acquire({ ...request, podId, proberRank: 1, candidacy }, never);
    return answer.kind === 'held' && answer.isProber;
  };
  /** The term of a candidate, which it gets soon after a ttl has passed. */
  const lead = async (podId: string) => {
    let token = 0;
    const asks = async () => {
      const answer = await acquire(podId);
      if (answer.kind === 'acquired') token = answer.token;
      return answer.kind === 'acquired';
    };
    await eventually(asks, { within: 10 * TTL_MS, every: 20, what: `${podId} leads` });
    return token;
  };
  const renew = (podId: string, token: number) => stores.lease.renew({ podId, token, ttlMs: TTL_MS }, never);
  /** Renews with a page of a job set; returns the news about candidates. */
  const renewAs = async (podId: string, token: number) => {
    const page = { index: 0, bytes: 1 };
    const news = { state: 'up', distrustedUntil: 0, rival: '', staleMs: MINUTE } as const;
    const candidacy = { jobSet: JOB_SET, page, intervalMs: 300, ttlMs: TTL_MS, ...news };
    const answer = await stores.lease.renew({ podId, token, ttlMs: TTL_MS, candidacy }, never);
    return answer.kind === 'renewed' ? answer.candidates : undefined;
  };
  const resign = (podId: string, token: number) => stores.lease.resign({ podId, token }, never);
  return { acquire, followAsProber, lead, renew, renewAs, resign };
}

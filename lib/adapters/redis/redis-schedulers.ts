import type { Cluster, Redis } from 'ioredis';

import { hashTag } from '../../core/options/hash-tag.js';
import type { Client } from './connection/redis-client.js';

/** A scheduler that left its traces in Redis. */
export interface FoundScheduler {
  readonly leaderKey: string;
  /** The candidate that leads, or led last. */
  readonly holder: string;
  /** Whether it leads. */
  readonly isLed: boolean;
}

const KEYS_A_CALL = 1000;

/**
 * Finds the schedulers of a Redis, of all masters of a Cluster, by the keys of their terms; in the order of their lease
 * keys. Reads the names of all keys in small portions; what was found until the signal aborts has to do.
 */
export async function findSchedulers(
  client: Client,
  signal: AbortSignal,
): Promise<readonly FoundScheduler[]> {
  const servers = client.isCluster ? (client as Cluster).nodes('master') : [client as Redis];
  const found = await Promise.all(servers.map(server => findOn(server, signal)));
  return found.flat().sort((a, b) => (a.leaderKey < b.leaderKey ? -1 : 1));
}

async function findOn(server: Redis, signal: AbortSignal): Promise<FoundScheduler[]> {
  const found: FoundScheduler[] = [];
  const seen = new Set<string>();
  for (let cursor: string | undefined = '0'; cursor !== undefined && !signal.aborted;) {
    const [next, keys]: [string, string[]] = await server.scan(
      cursor,
      'MATCH',
      '*:term',
      'COUNT',
      KEYS_A_CALL,
    );
    const fresh = keys.filter(key => !seen.has(key));
    for (const key of fresh) seen.add(key);
    const schedulers = await Promise.all(fresh.map(key => readTerm(server, key)));
    found.push(...schedulers.flatMap(scheduler => scheduler ?? []));
    cursor = next === '0' ? undefined : next;
  }
  return found;
}

/** `undefined` for a key that is no term of a scheduler. */
async function readTerm(server: Redis, term: string): Promise<FoundScheduler | undefined> {
  const leaderKey = leaseKeyOf(term);
  if (leaderKey === undefined) return undefined;
  try {
    const [holder, token] = await server.hmget(term, 'holder', 'token');
    if (typeof holder !== 'string' || typeof token !== 'string') return undefined;
    return { leaderKey, holder, isLed: (await server.exists(leaderKey)) === 1 };
  } catch (error) {
    // A key of another kind; any other failure is an error.
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}

/** The lease key whose term stands at a key, see `redisKeys`; `undefined` when there can be none. */
export function leaseKeyOf(term: string): string | undefined {
  const prefix = term.slice(0, -':term'.length);
  if (!term.endsWith(':term')) return undefined;
  const plain = /^\{([^{}]+)\}$/.exec(prefix)?.[1];
  return plain ?? (hashTag(prefix) === undefined ? undefined : prefix);
}

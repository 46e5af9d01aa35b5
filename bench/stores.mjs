import { Redis } from 'ioredis';

import { createRedisStores } from '../.build/modules/adapters/redis/create-redis-stores.js';
import { SystemClock } from '../.build/modules/adapters/system/system-clock.js';

const FOREVER_MS = 3_600_000;
const never = () => new AbortController().signal;

/** The Redis stores of a leader, without an engine. @param {string} url @param {string} name @param {number} [replicas] */
export async function leaderStores(url, name, replicas) {
  const leaseKey = `scheduler:${name}:leader`;
  const stores = createRedisStores({
    redis: ({ options }) => new Redis(url, options),
    leaseKey,
    commandTimeoutMs: 5000,
    clock: new SystemClock(),
    presenceOf: undefined,
    replicas,
  });
  // Builds of 0.4 read `candidateId`.
  const term = { podId: name, candidateId: name, token: 1 };
  const operator = new Redis(url);
  await operator.set(leaseKey, `${term.podId}|${term.token}`, 'PX', FOREVER_MS);
  const isOpen = new Promise(resolve => {
    stores.lease.watch(({ kind }) => kind === 'connected' && resolve(undefined));
  });
  stores.open();
  await isOpen;
  // The connection for runs may be a moment later.
  while (
    !(await stores.runs.unfinished('', never()).then(
      () => true,
      () => false,
    ))
  )
    await new Promise(setImmediate);
  return {
    operator,
    claim: claims => stores.runs.claim({ ...term, lockMs: FOREVER_MS, claims }, never()),
    finish: claims => stores.runs.finish(claims.map(finishOf), never()),
    close: async () => {
      operator.disconnect();
      await stores.close();
    },
  };
}

/** A claim as the engine makes it. */
export function claimOf(job, tick) {
  return {
    job,
    tick,
    runId: `${job}-${tick}`,
    manual: false,
    intent: 'run',
    reason: '',
    overlap: 'skip',
    recover: false,
    retention: { keep: 10_000, maxAgeMs: 30 * 24 * FOREVER_MS },
    facts: {
      app: 'bench',
      version: '1.0.0',
      pod: 'bench-7d9f8b6c5-x2x4z-1-a1b2c3d4e5f6',
      schedule: '* * * * * *',
      next: tick + 1000,
    },
  };
}

function finishOf({ facts, ...claim }) {
  const times = { startedAt: claim.tick + 2, finishedAt: claim.tick + 14, durationMs: 12 };
  return { ...claim, state: 'succeeded', attempt: 1, facts: { ...facts, ...times } };
}

import { describe, expect, it } from '@jest/globals';

import { RedisRunStore } from '../../lib/adapters/redis/redis-run-store.js';
import * as exported from '../../lib/adapters/redis/redis-scripts.js';
import type { Adoption, Claim } from '../../lib/ports/run-store.js';
import { KEYS, TERM } from './script-costs/growing-data.js';
import { MeteredRedis } from './script-costs/metered-redis.js';
import { connectionTo } from './script-costs/operations.js';

const SCRIPTS: ReadonlyMap<string, exported.Script> = new Map(
  Object.entries(exported).flatMap(([name, value]) => (typeof value === 'object' ? [[name, value]] : [])),
);
const RETENTION = { keep: 10, maxAgeMs: 3_600_000 };
const REQUEST = { ...TERM, lockMs: 10_000 };
const never = new AbortController().signal;

/** A store on a Redis whose clock stands still, and what was written there since it was last asked. */
function lab() {
  const redis = new MeteredRedis(SCRIPTS);
  redis.execute('SET', KEYS.lease, `${TERM.podId}|${TERM.token}`, 'PX', 86_400_000);
  let written = 0;
  redis.double.data.onWrite = () => (written += 1);
  const runs = new RedisRunStore(connectionTo(redis), KEYS, { commandTimeoutMs: 1000 });
  const writes = () => {
    const count = written;
    written = 0;
    return count;
  };
  return { redis, runs, writes };
}

function claimOf(tick: number): Claim {
  const decision = { intent: 'run', reason: '', overlap: 'skip', recover: true } as const;
  return { job: 'job', tick, runId: 'x', manual: false, ...decision, retention: RETENTION, facts: {} };
}

/*
 * In strict mode WAIT is asked whether the replicas have what its connection has written. A repeated question comes over
 * another connection where the first one was replaced: an answer without a write would be confirmed at once.
 */
describe('a question that is repeated within a millisecond', () => {
  it('writes again, when it is a claim', async () => {
    const { redis, runs, writes } = lab();
    const claims = [claimOf(redis.nowMs)];
    expect(await runs.claim({ ...REQUEST, claims }, never)).toMatchObject([{ kind: 'go' }]);
    for (let round = 0; round < 3; round += 1) {
      writes();
      expect(await runs.claim({ ...REQUEST, claims }, never)).toMatchObject([{ kind: 'mine' }]);
      expect(writes()).toBeGreaterThan(0);
    }
  });

  it('writes again, when it adopts a crashed run', async () => {
    const { redis, runs, writes } = lab();
    await runs.claim({ ...REQUEST, claims: [claimOf(redis.nowMs)] }, never);
    redis.nowMs += 2 * REQUEST.lockMs;
    const { runs: unfinished } = await runs.unfinished('', never);
    const orphans = unfinished.map((orphan): Adoption => {
      const wish = { wish: 'recover', runId: 'y', retention: RETENTION, facts: {} } as const;
      return { orphan, ...wish };
    });
    for (let round = 0; round < 3; round += 1) {
      writes();
      expect(await runs.adopt({ ...REQUEST, orphans }, never)).toMatchObject([{ kind: 'recovered' }]);
      expect(writes()).toBeGreaterThan(0);
    }
  });
});

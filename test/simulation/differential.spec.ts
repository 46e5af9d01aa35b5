import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';

import type { Client } from '../../lib/adapters/redis/connection/redis-client.js';
import { RedisConnection } from '../../lib/adapters/redis/connection/redis-connection.js';
import { RedisCandidateStore } from '../../lib/adapters/redis/redis-candidate-store.js';
import { RedisClusterStore } from '../../lib/adapters/redis/redis-cluster-store.js';
import { RedisControlStore } from '../../lib/adapters/redis/redis-control-store.js';
import { RedisHistoryStore } from '../../lib/adapters/redis/redis-history-store.js';
import { redisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import { RedisLeaseStore } from '../../lib/adapters/redis/redis-lease-store.js';
import { RedisRunStore } from '../../lib/adapters/redis/redis-run-store.js';
import * as scripts from '../../lib/adapters/redis/redis-scripts.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { RedisServer } from '../support/redis-server.js';
import { rawCommand } from './differential/command-arbitraries.js';
import { clientOf, withoutTtl } from './differential/pair-client.js';
import { Pair } from './differential/pair.js';
import type { Stores } from './differential/arbitraries.js';
import { storeStep } from './differential/store-arbitraries.js';
import { anyArguments, isCommand, tampering, type OddCall } from './differential/tampering.js';

/**
 * One that is known to use every script, and another one each time; a failure names it. `SIMULATION_SEED` repeats it,
 * `SIMULATION_RUNS` runs more cases.
 */
const given = process.env['SIMULATION_SEED'];
const seeds = given === undefined ? [1, Date.now() % 1_000_000] : [Number(given)];
const scale = Number(process.env['SIMULATION_RUNS'] ?? 0.2);
const keys = redisKeys('scheduler:sim:leader');

let server: RedisServer;
let pair: Pair;
let real: Redis;
let listener: Redis;

beforeAll(async () => {
  server = await RedisServer.start({
    // Small hashes keep the order of their fields, which the double knows; so do these, whatever their values.
    args: ['--hash-max-listpack-value', '10000000', '--hash-max-listpack-entries', '100000'],
  });
  // RESP2, as in the answers that ioredis hands on.
  real = new Redis(server.url, { protocol: 2, replyMapping: 'legacy' });
  listener = new Redis(server.url);
  pair = new Pair(real, listener);
});

afterAll(async () => {
  real.disconnect();
  listener.disconnect();
  await server.dispose();
});

function allScripts(): (readonly [string, scripts.Script])[] {
  return Object.entries(scripts).flatMap(([name, value]) =>
    typeof value === 'object' ? [[name, value]] : [],
  );
}

function storesOf(client: Client): Stores {
  const connection = new RedisConnection({
    make: () => client,
    verify: () => Promise.resolve(),
    clock: new SystemClock(),
    openLimitMs: 1000,
    silenceMs: 3000,
  });
  connection.open();
  return {
    lease: new RedisLeaseStore({ lease: connection, events: undefined, keys }),
    runs: new RedisRunStore(connection, keys, { commandTimeoutMs: 1000 }),
    history: new RedisHistoryStore(connection, keys),
    control: new RedisControlStore(connection, keys),
    cluster: new RedisClusterStore(connection, keys),
    candidates: new RedisCandidateStore(connection, keys),
    token: 0,
  };
}

async function check<Step>(
  step: fc.Arbitrary<Step>,
  take: (steps: readonly Step[]) => Promise<void>,
  numRuns: number,
) {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
    async steps => {
      await pair.clear();
      await take(steps);
      await pair.compareStates();
    },
  );
  for (const seed of seeds)
    await fc.assert(property, { seed, numRuns: Math.ceil(numRuns * scale), endOnFailure: true });
}

describeWithRedis('the Redis double and a real Redis', () => {
  it('answer raw commands alike and keep the same', async () => {
    const take = async (commands: readonly (readonly string[])[]) => {
      for (const command of commands) await pair.command(command);
    };
    await check(rawCommand, take, 300);
  });

  it('answer the adapters alike, whatever stands in the keys', async () => {
    const used = new Set<string>();
    const base = clientOf(pair);
    const client = Object.assign(Object.create(base) as Client, {
      evalsha: (sha: string, count: number, ...rest: string[]) => {
        used.add(sha);
        return base.evalsha(sha, count, ...rest);
      },
    });
    const step = fc.oneof(
      { weight: 12, arbitrary: storeStep },
      { weight: 1, arbitrary: tampering(keys).map(command => () => pair.command(command)) },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constantFrom('pod-a', 'pod-b'), fc.boolean()).map(
          ([pod, isWanted]) =>
            () =>
              pair.listen(keys.alive + pod, isWanted),
        ),
      },
    );
    await check(
      step,
      async steps => {
        const stores = storesOf(client);
        const startMs = await pair.now();
        for (const take of steps) await take(stores, startMs).catch(rethrowDifference);
      },
      400,
    );
    const unused = allScripts().filter(([, { sha1 }]) => !used.has(sha1));
    expect(unused.map(([name]) => name)).toEqual([]);
  });

  it.each(allScripts())('answer %s alike when the arguments are odd', async (_, { lua }) => {
    const step = fc.oneof(
      { weight: 2, arbitrary: anyArguments(keys) },
      { weight: 1, arbitrary: tampering(keys) },
    );
    const take = async (steps: readonly (readonly string[] | OddCall)[]) => {
      for (const taken of steps) {
        if (isCommand(taken)) await pair.command(taken);
        else
          await pair.script(
            ['EVAL', lua, String(taken.keys.length), ...taken.keys, ...taken.args],
            withoutTtl,
          );
      }
    };
    await check(step, take, 25);
  });
});

describe('the scripts', () => {
  it('are all known to the test', () => {
    expect(allScripts().length).toBeGreaterThanOrEqual(14);
  });
});

/** The reaction of the adapters to an odd answer is not tested here; the two servers must not differ. */
function rethrowDifference(error: unknown): void {
  const texts = [error, error instanceof Error ? error.cause : undefined].map(String);
  if (texts.some(text => / differ\./.test(text))) throw error;
}

import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { RedisCandidateStore } from '../../lib/adapters/redis/redis-candidate-store.js';
import { RedisHistoryStore } from '../../lib/adapters/redis/redis-history-store.js';
import * as exported from '../../lib/adapters/redis/redis-scripts.js';
import { grow, KEYS, type Sizes } from './script-costs/growing-data.js';
import { MeteredRedis, type Cost } from './script-costs/metered-redis.js';
import { connectionTo, operationsOn } from './script-costs/operations.js';

const SCRIPTS: ReadonlyMap<string, exported.Script> = new Map(
  Object.entries(exported).flatMap(([name, value]) => (typeof value === 'object' ? [[name, value]] : [])),
);

/** Each more than one page; of candidates also one that has none of the few fields that are no candidates. */
const SMALL: Sizes = { jobs: 1200, records: 1200, pods: 2400, unfinished: 1200, requests: 1200 };
const GROWTH = 6;
/** A page that begins behind an entry that has gone is found by halving. */
const HALVINGS = Math.ceil(Math.log2(GROWTH));
const HALVED = 'list the unfinished behind one that has gone: listUnfinished';
/** No call is larger, at either size. */
const MOST: Cost = { commands: 4000, entries: 20_000 };

const never = new AbortController().signal;

function grown(factor: number): MeteredRedis {
  const redis = new MeteredRedis(SCRIPTS);
  const sizes = Object.entries(SMALL).map(([what, count]) => [what, count * factor]);
  grow(redis, Object.fromEntries(sizes));
  return redis;
}

/** The highest cost of each script, by "operation: script". */
async function costsAt(factor: number): Promise<ReadonlyMap<string, Cost>> {
  const redis = grown(factor);
  const costs = new Map<string, Cost>();
  for (const [what, act] of Object.entries(operationsOn(redis))) {
    await act();
    for (const [script, cost] of redis.take()) costs.set(`${what}: ${script}`, cost);
  }
  return costs;
}

describe('What a script costs', () => {
  it('does not depend on how many jobs, records, pods, unfinished runs or requests there are', async () => {
    const [few, many] = [await costsAt(1), await costsAt(GROWTH)];
    expect([...many.keys()]).toEqual([...few.keys()]);
    const growing = [...many].filter(([what, { commands, entries }]) => {
      const allowed = what === HALVED ? HALVINGS : 0;
      const { commands: fewCommands, entries: fewEntries } = few.get(what) ?? { commands: 0, entries: 0 };
      return commands > fewCommands + allowed || entries > fewEntries + 8 * allowed;
    });
    expect(growing).toEqual([]);
    const large = [...many].filter(
      ([, { commands, entries }]) => commands > MOST.commands || entries > MOST.entries,
    );
    expect(large).toEqual([]);
    const counted = new Set([...many.keys()].map(what => what.split(': ')[1]));
    expect([...SCRIPTS.keys()].filter(name => !counted.has(name))).toEqual([]);
  });

  it('is counted for every file of the folder of scripts', () => {
    const folder = 'lib/adapters/redis/scripts';
    const texts = [...SCRIPTS.values()].map(({ lua }) => lua);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
      file.endsWith('.lua'),
    );
    expect(files.length).toBeGreaterThan(SCRIPTS.size);
    const others = files.filter(file => {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      return !texts.some(lua => lua.includes(text));
    });
    expect(others).toEqual([]);
  });

  it.each([[[]], [['HSCAN', 'SSCAN']]])(
    'leaves nothing out of several pages, %j forbidden',
    async forbidden => {
      const redis = grown(1);
      for (let number = 0; number < SMALL.pods; number += 2)
        redis.execute(
          'HSET',
          KEYS.candidates,
          `pod-${number}`,
          `${redis.nowMs}|${redis.nowMs}|1-a|up|0|3000|10000`,
        );
      for (const command of forbidden) redis.double.forbidden.add(command);
      const connection = connectionTo(redis);
      const { candidates } = await new RedisCandidateStore(connection, KEYS).candidates(never);
      expect(candidates).toHaveLength(SMALL.pods / 2);
      const newest = await new RedisHistoryStore(connection, KEYS).history({ limit: 10_000 }, never);
      expect(new Set(newest.map(({ job }) => job)).size).toBe(SMALL.jobs);
    },
  );
});

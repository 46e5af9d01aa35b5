import type { Redis } from 'ioredis';

import { redisKeys } from '../../lib/adapters/redis/redis-keys.js';

/** Leaves `count` runs of a job behind whose pod has died, as they stand in Redis: a tick a second, up to a day ago. */
export async function seedOrphans(redis: Redis, leaseKey: string, job: string, count: number): Promise<void> {
  const keys = redisKeys(leaseKey);
  const at = Date.now() - 86_400_000;
  await redis.sadd(keys.jobs, job);
  for (let from = 0; from < count; from += 1000) {
    const numbers = Array.from({ length: Math.min(1000, count - from) }, (_, index) => from + index);
    const ticks = numbers.map(number => at - number * 1000);
    const records = ticks.flatMap((tick, index) => [tick, `claimed|orphan-${from + index}|1|1|${tick}||{}`]);
    await redis.hset(keys.runs(job), ...records);
    await redis.zadd(keys.unfinished, ...ticks.flatMap(tick => [tick + 10_000, `${tick}|${job}`]));
  }
}

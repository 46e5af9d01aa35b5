import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import type { MeteredRedis } from './metered-redis.js';

/** How much there is of what grows. */
export interface Sizes {
  readonly jobs: number;
  /** Records of the first job. */
  readonly records: number;
  readonly pods: number;
  readonly unfinished: number;
  readonly requests: number;
}

export const KEYS = redisKeys('scheduler:costs:leader');
export const TERM = { podId: 'leader', token: 1 };
const DAY_MS = 86_400_000;

export function jobName(number: number): string {
  return `job-${number}`;
}

/** Fills a Redis, as long use does. */
export function grow(redis: MeteredRedis, sizes: Sizes): void {
  redis.execute('SET', KEYS.lease, `${TERM.podId}|${TERM.token}`, 'PX', DAY_MS);
  growJobs(redis, sizes);
  growRuns(redis, sizes);
  growPods(redis, sizes);
}

function growJobs(redis: MeteredRedis, { jobs, records }: Sizes): void {
  const at = redis.nowMs - 2 * DAY_MS;
  for (let number = 0; number < jobs; number += 1) {
    const name = jobName(number);
    const count = number === 0 ? records : 5;
    const ticks = Array.from({ length: count }, (_, index) => at + index * 1000);
    const packed = ticks.flatMap(tick => [tick, `succeeded|r-${tick}|1|1|${tick}||{"pod":"a"}`]);
    redis.execute('SADD', KEYS.jobs, name);
    redis.execute('HSET', KEYS.job(name), 'hwm', at + count * 1000, 'schedule', 's', 'token', 1);
    redis.execute('HSET', KEYS.runs(name), ...packed);
    redis.execute('ZADD', KEYS.index(name), ...ticks.flatMap(tick => [tick, tick]));
    if (number < 100) growStarts(redis, name, count);
    redis.execute('HSET', KEYS.specs, name, '{"kind":"cron"}');
  }
}

/** Versions that have not led for long. */
function growStarts(redis: MeteredRedis, name: string, count: number): void {
  const oldMs = redis.nowMs - 40 * DAY_MS;
  const handles = Array.from({ length: count }, (_, index) => [oldMs + index, `start:${index}`]);
  redis.execute('ZADD', KEYS.starts(name), ...handles.flat());
}

function growRuns(redis: MeteredRedis, { unfinished, requests, jobs }: Sizes): void {
  const at = redis.nowMs - DAY_MS;
  for (let number = 0; number < unfinished; number += 1) {
    const [name, tick] = [jobName(number % jobs), at - number * 1000];
    redis.execute('HSET', KEYS.runs(name), tick, `claimed|orphan-${number}|1|1|${tick}||{}`);
    // Half of them live.
    redis.execute('ZADD', KEYS.unfinished, tick + (number % 2) * 2 * DAY_MS, `${tick}|${name}`);
  }
  for (let number = 0; number < requests; number += 1)
    redis.execute('HSET', KEYS.requests, `handle-${number}`, `${redis.nowMs}|elsewhere`);
}

function growPods(redis: MeteredRedis, { pods }: Sizes): void {
  for (let number = 0; number < pods; number += 1) {
    // Not seen for long: reading them costs most.
    const seenAt = redis.nowMs - DAY_MS;
    redis.execute('HSET', KEYS.pods, `pod-${number}`, `${seenAt}|${seenAt}|0|1.0.0`);
    redis.execute('HSET', KEYS.candidates, `pod-${number}`, `${seenAt}|${seenAt}|1-a|up|0|3000|10000`);
  }
}

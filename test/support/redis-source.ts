import { ensureRedis, type RedisSource } from './setup/ensure-redis.mjs';

/**
 * Where the Redis of this test run comes from. `npm test` has checked already, and says so in TEST_REDIS; an editor
 * that runs a single spec has not. Throws, with what to do, when there is none.
 */
export function redisSource(): RedisSource {
  const { TEST_REDIS } = process.env;
  return TEST_REDIS
    ? (JSON.parse(TEST_REDIS) as RedisSource)
    : ensureRedis({ install: false, allowUrl: true });
}

/** Why a {@link RedisSource} of kind `url` cannot serve a test that owns its server. */
export const onlyUrlGiven =
  'only REDIS_URL is given, and a server of another owner cannot be stopped or paused';

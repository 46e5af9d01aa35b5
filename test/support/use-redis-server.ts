import { afterAll, beforeAll } from '@jest/globals';

import { redisSource } from './redis-source.js';
import { RedisServer, type RedisServerOptions } from './redis-server.js';

/**
 * The Redis server of one spec file: it starts before the tests and is disposed after them. Call it at module level;
 * the function that it returns is for tests and hooks. No server starts where only a URL is given.
 */
export function useRedisServer(options?: RedisServerOptions): () => RedisServer {
  let server: RedisServer | undefined;
  if (redisSource().kind !== 'url') {
    beforeAll(async () => {
      server = await RedisServer.start(options);
    });
    afterAll(() => server?.dispose());
  }
  return () => {
    if (!server) throw new Error('The Redis server has not started: call this in a test or a hook.');
    return server;
  };
}

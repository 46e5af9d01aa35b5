import { describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';

import { loadIoredis } from '../../../../../lib/adapters/redis/connection/ioredis-library.js';
import { createClient } from '../../../../../lib/adapters/redis/connection/redis-client.js';

await loadIoredis('redis://localhost');

describe('a connection to Redis', () => {
  const options = optionsOf('redis://localhost');

  it.each([
    ['a command', "READONLY You can't write against a read only replica.", true],
    [
      'a script of Redis 6',
      'ERR Error running script (call to f_2f): @user_script:17: @user_script: 17: -READONLY You can’t write against a read only replica.',
      true,
    ],
    ['something else', 'ERR READONLYNESS', false],
  ])(
    'reconnects to find the new master when %s reports that its server is a replica',
    (_, message, isReplica) => expect(options.reconnectOnError?.(new Error(message))).toBe(isReplica),
  );

  it('is probed while it is silent, in a Cluster too', () => {
    expect(options.keepAlive).toBe(30_000);
    expect(optionsOf({ nodes: [{ host: 'localhost' }] }).keepAlive).toBe(30_000);
  });
});

/** The options of a connection that is never opened. */
function optionsOf(input: Parameters<typeof createClient>[0]) {
  const client: Redis | Cluster = createClient(input, 'runs', 1000);
  return client instanceof Cluster ? (client.options.redisOptions ?? {}) : client.options;
}

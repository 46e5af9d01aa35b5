import { afterAll, beforeAll } from '@jest/globals';

import { loadIoredis } from '../../../lib/adapters/redis/connection/ioredis-library.js';
import { candidacyArgs } from '../../../lib/adapters/redis/codec/candidate-codec.js';
import { parseRenew } from '../../../lib/adapters/redis/codec/lease-codec.js';
import { createConnection } from '../../../lib/adapters/redis/connection/create-connection.js';
import type { RedisConnection } from '../../../lib/adapters/redis/connection/redis-connection.js';
import { acquireLease, renewLease, run } from '../../../lib/adapters/redis/redis-scripts.js';
import { SystemClock } from '../../../lib/adapters/system/system-clock.js';
import { SECOND } from '../../support/durations.js';
import { redisSource } from '../../support/redis-source.js';
import type { RedisServer } from '../../support/redis-server.js';
import type { RedisRunStores } from '../../support/run-stores.js';
import { LONG } from './stores.js';

type Keys = Pick<RedisRunStores, 'keys'>;

/** The calls of an elector to the Redis server of this spec. Call it at module level: it registers hooks. */
export function useElector(redisServer: () => RedisServer) {
  let connection: RedisConnection;
  if (redisSource().kind !== 'url') {
    beforeAll(async () => {
      const options = { leaseKey: 'any', commandTimeoutMs: SECOND, clock: new SystemClock() };
      await loadIoredis(redisServer().url);
      connection = createConnection('lease', { ...options, redis: redisServer().url });
      connection.open();
      await connection.opened;
    });
    afterAll(() => connection.close());
  }

  /** As an elector does with each attempt. */
  const acquire = ({ keys }: Keys, id: string, ahead: number | '' = '', version = '') =>
    run(
      connection.client,
      acquireLease,
      [keys.lease, keys.term, keys.fence, keys.pods, keys.control, keys.candidates, keys.candidates],
      [id, LONG, keys.alive, '0', 250, keys.events, 0, '', ahead, version, ...candidacyArgs(undefined)],
    );
  const renew = async ({ keys }: Keys, id: string, token: number) => {
    const names = [keys.lease, keys.term, keys.unfinished, keys.requests, keys.control, keys.pods];
    const optional = [keys.candidates, keys.candidates, keys.jobs];
    const args = [id, token, LONG, keys.alive, '', '', ...candidacyArgs(undefined)];
    return parseRenew(await run(connection.client, renewLease, [...names, ...optional], args));
  };
  return { acquire, renew };
}

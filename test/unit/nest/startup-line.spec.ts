import { expect, it } from '@jest/globals';

import { resolveOptions } from '../../../lib/core/options/options.js';
import { VERSION } from '../../../lib/core/version.js';
import { startupLine } from '../../../lib/nest/startup-line.js';

const START = `nestjs-leader-schedule ${VERSION} in mode`;

it.each([
  [
    { appName: 'shop' },
    { server: 'Valkey 8.1.1' },
    `${START} 'redis': 3 jobs, key 'scheduler:shop:leader' on Valkey 8.1.1, interval 3s, ttl 10s, fast takeover on`,
  ],
  [
    { leader: { ttl: '20s' } },
    { slowTakeover: 'the connection speaks RESP2' },
    `${START} 'redis': 3 jobs, key 'scheduler:leader' on a server that does not give its version, interval 3s, ttl 20s, ` +
      'fast takeover off (the connection speaks RESP2)',
  ],
  [
    { leader: { fastTakeover: false } },
    { server: 'Redis 7.0.15', slowTakeover: undefined },
    `${START} 'redis': 3 jobs, key 'scheduler:leader' on Redis 7.0.15, interval 3s, ttl 10s, ` +
      'fast takeover off (leader.fastTakeover)',
  ],
  [{ mode: 'ram' }, {}, `${START} 'ram': 3 jobs, each replica runs every tick`],
])('says with what the scheduler has started: %#', (code, facts, line) =>
  expect(startupLine(resolveOptions({ code }), 3, facts)).toBe(line),
);

import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { InvalidOptionsError } from '../../../../lib/core/errors/errors.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import type { OptionSources } from '../../../../lib/core/options/written-options.js';

const SECRET = 'hunter2';
const refused = (sources: OptionSources): InvalidOptionsError => {
  try {
    resolveOptions(sources);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

const UNREADABLE = [
  'redis://:hunter2#x@host:6379',
  'redis://:hunter2@host:99999',
  'redis://user:12#hunter2@host:6379',
  'redis://user:12/hunter2@host:6379',
  'redis://user:12?hunter2@host:6379',
  'redis://:%zzhunter2@host:6379',
  'redis://:a hunter2@host:6379',
  'redis://:hunter2',
  'default:hunter2@host:6379',
  ':hunter2@host',
  'hunter2@host',
  'http://user:hunter2@host',
  `redis://:hunter2@host/${'x'.repeat(3000)}`,
];

describe('an address that cannot be read', () => {
  it.each(UNREADABLE)('%s is refused by the name of its option, and is not shown', url => {
    for (const [name, sources] of [
      ['redis (ScheduleModule options)', { code: { redis: url } }],
      ['REDIS_URL (environment)', { environment: { REDIS_URL: url } }],
      ['schedule.redis (ConfigService)', { config: { schedule: { redis: url } } }],
    ] as const) {
      const error = refused(sources);
      expect(error.message).toContain(name);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
    }
  });

  it.each([
    { host: 'default:hunter2@host' },
    { host: 'redis://:hunter2@host' },
    { port: 99_999, password: SECRET },
    { sentinels: [{ host: 'user:hunter2@h', port: 1 }], name: 'm' },
    { sentinels: [{ host: 'h', port: 99_999 }], name: 'm', sentinelPassword: SECRET },
    { nodes: ['user:hunter2@h:1'] },
    { nodes: ['redis://:hunter2#@h:1'] },
    { nodes: [{ host: 'h', port: -1 }], options: { redisOptions: { password: SECRET } } },
    [`redis://:${SECRET}@host`],
  ])('%j is refused likewise', redis => {
    const error = refused({ code: { redis } });
    expect(error.message).toContain('redis (ScheduleModule options)');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  });

  it.each([
    { redisUrl: ':hunter2@host' },
    { url: 'hunter2@host' },
    { sentinels: [SECRET] },
    { leader: { pwd: SECRET } },
  ])('is not shown under a wrong name either: %j', code => {
    const error = refused({ code });
    expect(error.message).toContain(Object.keys(code)[0]);
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });
});

describe('an address that can be read', () => {
  it.each([
    'redis://localhost',
    'redis://localhost:6379/0',
    'redis://user:p%23ss@host:6379/2',
    'rediss://[::1]:6379?family=6',
    'redis://:pa!$&()*+,;=ss@my_host',
    'redis:///1',
    { host: '::1', port: '6379' },
    { path: '/tmp/redis.sock' },
    { nodes: ['redis://:p@h:1', 'h:1', 'h', '7000', { host: 'h', port: 1 }] },
    { sentinels: [{ host: 'h' }], name: 'm' },
  ])('%j is accepted', redis => expect(resolveOptions({ code: { redis } }).redis).toEqual(redis));
});

import { describe, expect, it } from '@jest/globals';
import { Redis as Valkey } from 'iovalkey';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';

import { createClient } from '../../../../lib/adapters/redis/connection/redis-client.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import { OWN_REDIS_OPTIONS } from '../../../../lib/core/options/redis-options.js';

const resolve = (redis: unknown) => resolveOptions({ code: { redis } });
const refusal = (redis: unknown): string => {
  try {
    resolve(redis);
  } catch (error) {
    return String(error);
  }
  return 'accepted';
};

describe('an address of Redis', () => {
  it.each(OWN_REDIS_OPTIONS)('is refused when its query sets %s, which the scheduler sets', name => {
    expect(refusal(`redis://localhost/?${name}=1`)).toMatch(`Leave ${name} out of the URL`);
    expect(refusal({ nodes: [`redis://localhost/?${name}=1`] })).toMatch(`Leave ${name} out of the URL`);
    expect(refusal({ nodes: [{ host: 'a', [name]: 1 }] })).toMatch(`Leave ${name} out of the node`);
  });

  it('names every option that the connections set', () => {
    let set: object = {};
    const factory = ({ options }: { readonly options: object }) => new Redis((set = options));
    createClient(factory, 'runs', 1000);
    expect(Object.keys(set)).toContain('keyPrefix');
    expect(Object.keys(set).filter(name => !OWN_REDIS_OPTIONS.includes(name))).toEqual([]);
  });

  it.each([
    'redis://localhost/abc',
    'redis://localhost/-1',
    'redis://localhost/1.5',
    'redis://localhost/1/2',
    'redis://localhost/?db=abc',
    { db: 'abc' },
    { db: -1 },
    { db: 1.5 },
    { db: Number.NaN },
  ])('is refused when its database cannot be: %j', redis =>
    expect(refusal(redis)).toMatch('Give as database a whole number from 0'),
  );

  it.each([
    'redis://localhost/3',
    'redis://localhost/',
    'redis://localhost/?db=3',
    { db: 3 },
    { db: '3' },
    { db: 0 },
  ])('is accepted with a database: %j', redis => expect(refusal(redis)).toBe('accepted'));

  it('is refused when it gives a Cluster a database', () =>
    expect(refusal({ nodes: ['a:1'], options: { redisOptions: { db: 2 } } })).toMatch('database 0 alone'));
});

describe('a client', () => {
  class NodeRedis {
    readonly isOpen = true;
    connect() {}
    sendCommand() {}
    duplicate() {}
  }
  it.each([
    ['of node-redis', new NodeRedis()],
    ['of a REST library', { get: () => 1, set: () => 1 }],
    ['of which there is a promise', Promise.resolve(1)],
  ])('%s is refused with the name of what is needed', (_, client) =>
    expect(refusal(client)).toMatch('Give a client of ioredis 5 or 6, or of iovalkey'),
  );

  it.each<[string, object]>([
    ['ioredis 6', new Redis({ lazyConnect: true })],
    ['ioredis 5', new Redis5({ lazyConnect: true })],
    ['iovalkey', new Valkey({ lazyConnect: true })],
  ])('of %s is accepted', (_, client) => expect(refusal(client)).toBe('accepted'));
});

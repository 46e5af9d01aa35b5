import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';

const PATH = '../../../../../lib/adapters/redis/connection/ioredis-library.js';
type Library = typeof import('../../../../../lib/adapters/redis/connection/ioredis-library.js');

describe('ioredis', () => {
  let library: Library;

  beforeEach(async () => {
    jest.resetModules();
    library = (await import(PATH)) as Library;
  });

  it.each([['redis://localhost'], [{ host: 'localhost' }], [{ nodes: [{ host: 'localhost' }] }]])(
    'is loaded for the address %j',
    async address => {
      await library.loadIoredis(address);
      expect(typeof library.ioredis().Redis).toBe('function');
      expect(typeof library.ioredis().Cluster).toBe('function');
    },
  );

  it.each([
    ['a client', new Redis({ lazyConnect: true })],
    ['a factory', () => new Redis({ lazyConnect: true })],
  ])('is not loaded for %s, which may be one of its fork', async (_, given) => {
    await library.loadIoredis(given);
    expect(() => library.ioredis()).toThrow('loadIoredis() must come before the first client');
  });
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { RedisServer } from '../../support/redis-server.js';
import { useLabs } from '../support/use-labs.js';
import { Lab } from './lab.js';

const { openRedisLab, redisServer } = useLabs('runs', Lab.of);

describeWithRedis('scripts and keys in Redis', () => {
  it('sends scripts again that the server has forgotten', async () => {
    const { lab } = await openRedisLab();
    await lab.claimOne(1, 'x');
    await redisServer().command('SCRIPT', 'FLUSH');
    expect(await lab.finish(lab.run(1, 'x'))).toBe('finished');
    expect(await lab.claim([lab.wish(2, 'y'), lab.wish(3, 'z')])).toMatchObject([
      { kind: 'go' },
      { kind: 'overlap' },
    ]);
  });

  it.each(['runs:lease', 'runs:{tag}:lease'])('shares one slot of a Cluster among all keys of %s', lease => {
    const keys = redisKeys(lease);
    const names = [
      keys.lease,
      keys.unfinished,
      keys.jobs,
      keys.job('{x}'),
      keys.runs('{y}'),
      keys.index('z'),
    ];
    expect(new Set(names.map(name => /\{([^}]*)\}/.exec(name)?.[1] ?? name)).size).toBe(1);
  });
});

describeWithRedis('a Redis whose memory is full', () => {
  let full: RedisServer;
  beforeAll(async () => {
    full = await RedisServer.start();
  });
  afterAll(() => full.dispose());

  it('claims nothing, and lets live runs be extended, released and finished', async () => {
    const { lab, keys } = await openRedisLab(full);
    await lab.claim([
      lab.wish(1, 'x'),
      lab.wish(1, 'y', { job: 'second' }),
      lab.wish(1, 'z', { job: 'third' }),
    ]);
    await full.command('CONFIG', 'SET', 'maxmemory', '1');
    const answers = await lab.claim([lab.wish(1, 'v', { job: 'new' }), lab.wish(1, 'w', { job: 'newer' })]);
    expect(answers).toEqual([
      { kind: 'failed', message: expect.stringContaining('OOM') },
      { kind: 'failed', message: expect.stringContaining('OOM') },
    ]);
    expect(await full.command('EXISTS', keys.job('new'), keys.runs('new'))).toBe(0);
    expect(await lab.heartbeat([lab.run(1, 'x')])).toEqual(['kept']);
    expect(await lab.finish(lab.run(1, 'x'))).toBe('finished');
    expect(await lab.release(lab.run(1, 'y', { job: 'second' }))).toBe('released');
    expect(await lab.open()).toMatchObject({ kind: 'opened' });
    await full.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await lab.claimOne(1, 'v', { job: 'new' })).toEqual({ kind: 'go' });
  });
});

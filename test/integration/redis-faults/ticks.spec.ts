import { expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import { LeaderCron, type JobContext } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { RECOVERY, usePods } from './use-pods.js';

const { boot, proxies, server } = usePods();

const lasts = (ms: number) => {
  const until = performance.now() + ms;
  return eventually(() => performance.now() > until, { what: `${ms} ms have passed` });
};

const OUTAGES: readonly [string, (proxies: readonly TcpProxy[]) => Promise<unknown>][] = [
  [
    'hangs for a while',
    async () => {
      await server().pause();
      await lasts(SECOND);
      await server().resume();
    },
  ],
  [
    'hangs beyond the ttl',
    async () => {
      await server().pause();
      await lasts(2.5 * SECOND);
      await server().resume();
    },
  ],
  [
    'has its connections cut, again and again',
    async all => {
      for (let cuts = 0; cuts < 5; cuts += 1) {
        for (const proxy of all) proxy.reset();
        await lasts(300);
      }
    },
  ],
  [
    'loses its replies for a while',
    async all => {
      await Promise.all(all.map(proxy => proxy.dropReplies()));
      await lasts(1.2 * SECOND);
      await Promise.all(all.map(proxy => proxy.pass()));
      for (const proxy of all) proxy.reset();
    },
  ],
  ['forgets its scripts', () => server().command('SCRIPT', 'FLUSH')],
];

describeWithRedis('pods on one Redis', () => {
  it.each(OUTAGES)('run every tick once when Redis %s', async (_, fault) => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      // A run goes on until its end is recorded: without `allow` a tick may be skipped because of that.
      @LeaderCron('* * * * * *', { name: 'ledger', catchUp: 'all', overlap: 'allow' })
      run({ tick }: JobContext) {
        ticks.push(tick.getTime());
      }
    }
    for (const proxy of await Promise.all([1, 2].map(() => TcpProxy.start(server().port)))) {
      proxies.push(proxy);
      await boot({ redis: proxy.url }, [Jobs] as never[]);
    }
    await eventually(() => ticks.length >= 1, RECOVERY);
    await fault(proxies);
    const newest = Date.now();
    await eventually(() => ticks.some(tick => tick > newest + SECOND), RECOVERY);
    const first = ticks[0] ?? 0;
    expect(ticks.toSorted((a, b) => a - b)).toEqual(ticks.map((__, index) => first + index * SECOND));
  });
});

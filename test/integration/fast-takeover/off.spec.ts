import { expect, it } from '@jest/globals';
import { Redis as Redis5 } from 'ioredis-5';

import {
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type LeaderOptions,
  type RedisInput,
} from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp } from '../../support/nest-app.js';
import { BY_TTL_MS, host, leadsAfter, SHORT, usePods, userOf } from './use-pods.js';

const { apps, pods, redisServer } = usePods();

/** With ioredis 5 there is a connection of its own for it. */
const resp2 =
  (url: string): RedisInput =>
  ({ options }) =>
    new Redis5(url, options);

describeWithRedis('two pods without fast takeover', () => {
  it('hand over by the ttl where presence cannot be seen, or is not to be', async () => {
    const noPubsub = await userOf(redisServer(), 'no-pubsub', '-@pubsub');
    const noChannels = await userOf(redisServer(), 'no-channels', 'resetchannels');
    const plain = (port: number): RedisInput => ({ host, port });
    const cases: Record<string, [redisOn: (port: number) => RedisInput, leader?: LeaderOptions]> = {
      'a user who may not subscribe': [noPubsub],
      'a user without channels': [noChannels],
      'a user who may not subscribe, with RESP2': [port => resp2(noPubsub(port))],
      'a user without channels, with RESP2': [port => resp2(noChannels(port))],
      'fastTakeover: false': [plain, { ...SHORT, fastTakeover: false }],
    };
    const seen = Object.entries(cases).map(async ([name, [redisOn, leader = SHORT]]) => {
      const { first, second, term } = await pods(leader, redisOn);
      const before = await term('presence');
      const tookMs = await leadsAfter(second, () => first.proxy.refuse());
      return [
        name,
        [before, await term('presence'), tookMs > BY_TTL_MS ? 'by the ttl' : `after ${tookMs} ms`],
      ];
    });
    const expected = Object.keys(cases).map(name => [name, ['0', '0', 'by the ttl']]);
    expect(await Promise.all(seen)).toEqual(expected);
  });
});

describeWithRedis('pods without fast takeover', () => {
  it('log once, and only where it is wanted, that fast takeover is off, and why', async () => {
    const [noChannels, noCount] = await Promise.all([
      userOf(redisServer(), 'no-channels', 'resetchannels', '&*:events'),
      userOf(redisServer(), 'no-count', '&*', '-pubsub'),
    ]);
    const cases: Record<string, [redis: RedisInput, reason?: RegExp | undefined, leader?: LeaderOptions]> = {
      'ioredis 6': [redisServer().url],
      'fastTakeover: false': [
        { host, port: redisServer().port, protocol: 2 },
        undefined,
        { fastTakeover: false },
      ],
      RESP2: [{ host, port: redisServer().port, protocol: 2 }],
      'ioredis 5': [resp2(redisServer().url)],
      'a user without channels': [noChannels(redisServer().port), /SUBSCRIBE was refused: NOPERM/],
      'a user who may not count': [noCount(redisServer().port), /PUBSUB was refused: NOPERM/],
      'a user without channels, with RESP2': [
        resp2(noChannels(redisServer().port)),
        /SUBSCRIBE was refused: NOPERM/,
      ],
      'a user who may not count, with RESP2': [
        resp2(noCount(redisServer().port)),
        /PUBSUB was refused: NOPERM/,
      ],
    };
    for (const [name, [redis, reason, leader = {}]] of Object.entries(cases)) {
      const app = await bootApp({
        imports: [ScheduleModule.forRoot({ appName: name, redis, leader: { ...SHORT, ...leader } })],
      });
      apps.push(app);
      const reasons: unknown[] = [];
      app
        .get(ScheduleService)
        .events.subscribe(event => event.type === 'leader.slow-takeover' && reasons.push(event.reason));
      await app.get(LeaderService).waitForLeadership();
      const lines = () => app.lines.filter(line => line.includes('Fast takeover is off'));
      if (reason !== undefined) await eventually(() => lines().length > 0, { what: `${name} logs it` });
      const started = () => app.lines.find(line => line.includes('log nestjs-leader-schedule'));
      await eventually(() => started() !== undefined, { what: `${name} says what has started` });
      const takeover = reason ?? /fast takeover (on|off \(leader\.fastTakeover\))$/;
      expect(started()).toMatch(
        / on (Redis|Redict|Valkey) \d+\.\d+\.\d+, interval .*, ttl .*, fast takeover /,
      );
      expect(started()).toMatch(takeover);
      // A new connection logs nothing new.
      const connections = /^id=(\d+) .*name=leader-schedule:lease /gm;
      for (const [, id = ''] of String(await redisServer().command('CLIENT', 'LIST')).matchAll(connections))
        await redisServer().command('CLIENT', 'KILL', 'ID', id);
      await eventually(() => app.lines.some(line => /leads again|answers again/.test(line)), {
        what: `${name} is back`,
      });
      const areExpected = lines().map(line => reason?.test(line) ?? false);
      expect([name, areExpected]).toEqual([name, reason === undefined ? [] : [true]]);
      expect(reasons).toHaveLength(lines().length);
      await app.close();
    }
  });
});

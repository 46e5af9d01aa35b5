import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';

import {
  LeaderCron,
  LeaderInterval,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type RedisConnectionRequest,
  type RedisInput,
} from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

type Role = RedisConnectionRequest['role'];
const ROLES: readonly Role[] = ['lease', 'events', 'runs'];
const LIBRARIES = { 'ioredis 5': Redis5, 'ioredis 6': Redis } as const;
const NAME = 'half-open';
const host = '127.0.0.1';
let server: RedisServer;
const apps: BootedApp[] = [];
const proxies: TcpProxy[] = [];
const ticks: number[] = [];

beforeEach(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  await Promise.all(proxies.splice(0).map(proxy => proxy.close()));
  await server.dispose();
  ticks.length = 0;
});

const boot = async (redis: RedisInput) => {
  @Injectable()
  class Jobs {
    @LeaderInterval(100, { name: 'often' })
    run() {
      ticks.push(performance.now());
    }

    @LeaderCron('-', { name: 'asked' })
    asked() {
      return 'done';
    }
  }
  const app = await bootApp({
    imports: [ScheduleModule.forRoot({ appName: NAME, redis, leader: { interval: '300ms', ttl: '2s' } })],
    providers: [Jobs],
  });
  apps.push(app);
  return { leader: app.get(LeaderService), schedule: app.get(ScheduleService) };
};

/** The leader, each of its connections behind a network of its own. */
const bootLeader = async (Client: typeof Redis) => {
  const behind = await Promise.all(ROLES.map(() => TcpProxy.start(server.port)));
  proxies.push(...behind);
  const proxyOf = (role: Role): TcpProxy => behind[ROLES.indexOf(role)] as TcpProxy;
  const { leader } = await boot(
    ({ role, options }) => new Client({ host, port: proxyOf(role).port, ...options }),
  );
  await eventually(() => leader.isLeader() && ticks.length > 0, { what: 'the pod leads and ticks' });
  return { leader, proxyOf };
};

/** A request that stands nowhere but on the channel is received. */
const receives = async (leader: LeaderService) => {
  const token = leader.term?.token ?? 0;
  await server.command('PUBLISH', `{scheduler:${NAME}:leader}:events`, `resign-requested:${token}:`);
  return !leader.isLeader();
};

describeWithRedis('a pod of which one connection alone is half-open', () => {
  it.each(Object.entries(LIBRARIES).flatMap(([name, Client]) => ROLES.map(role => ({ name, role, Client }))))(
    'leads, starts ticks and receives signals again within 3 s: $role of $name',
    async ({ role, Client }) => {
      const { leader, proxyOf } = await bootLeader(Client as typeof Redis);
      const other = await boot(server.url);
      const since = performance.now();
      const within = (what: string) => ({ within: since + 3000 - performance.now(), what });
      await proxyOf(role).halfOpen();
      // Signals that it misses are found by the next renewal.
      const isReplaced = async () => {
        await other.schedule.runNow('asked');
        return proxyOf(role).arrivals > 1;
      };
      await eventually(isReplaced, { ...within('the connection is replaced'), every: 100 });
      const replaced = performance.now();
      await eventually(
        () => leader.isLeader() && ticks.some(at => at > replaced),
        within('the pod leads and starts ticks'),
      );
      await eventually(() => receives(leader), { ...within('the pod receives signals'), every: 50 });
      expect(leader.isLeader()).toBe(false);
    },
  );

  it('receives signals again within 3 s after it has missed that the leader resigned', async () => {
    const first = await boot(server.url);
    await eventually(() => first.leader.isLeader(), { what: 'the first pod leads' });
    const behind = await TcpProxy.start(server.port);
    proxies.push(behind);
    const port = ({ role }: RedisConnectionRequest) => (role === 'events' ? behind.port : server.port);
    await boot(request => new Redis({ host, port: port(request), ...request.options }));
    await boot(server.url);
    await eventually(async () => (await first.schedule.pods()).length === 3, { what: 'three pods compete' });
    await behind.halfOpen();
    // Whether the second or the third pod follows it is left to chance, and the first one comes back.
    for (let moves = 0; moves < 4 && behind.arrivals === 1; moves += 1) {
      const leading = await eventually(() => apps.find(app => app.get(LeaderService).isLeader()));
      await leading.get(LeaderService).resign();
      await eventually(() => behind.arrivals > 1, { within: 3000, what: 'it is replaced' }).catch(
        () => undefined,
      );
    }
    expect(behind.arrivals).toBeGreaterThan(1);
  });

  it('asks on the connection of events only when there is a reason', async () => {
    const { leader } = await bootLeader(Redis);
    const subscribed = async () => {
      const stats = String(await server.command('INFO', 'commandstats'));
      return Number(/cmdstat_subscribe:calls=(\d+)/.exec(stats)?.[1]);
    };
    const before = await subscribed();
    const until = performance.now() + 2000;
    await eventually(() => performance.now() > until, { what: 'six renewals have passed' });
    expect([leader.isLeader(), await subscribed()]).toEqual([true, before]);
  });
});

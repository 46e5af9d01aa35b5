import { afterEach } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  type LeaderOptions,
  type Leadership,
  type RedisInput,
} from '../../../lib/index.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { useRedisServer } from '../../support/use-redis-server.js';

/** The ttl is longer than any wait of these tests; the job each second makes followers check the lease. */
export const LONG: LeaderOptions = { ttl: '30s', interval: '3s' };
export const SHORT: LeaderOptions = { ttl: '2s', interval: '300ms' };
/** A handover by evidence takes half a second; the machine may be busy. */
export const SOON_MS = 5 * SECOND;
/** A lease of 2 s that is renewed every 300 ms has at least this left when its holder is gone. */
export const BY_TTL_MS = SECOND;
export const host = '127.0.0.1';

/** Pairs of pods on one Redis. Call it at module level: it registers hooks. */
export function usePods() {
  const redisServer = useRedisServer();
  let names = 0;
  const apps: BootedApp[] = [];
  const proxies: TcpProxy[] = [];
  afterEach(async () => {
    await Promise.all(apps.splice(0).map(app => app.close()));
    await Promise.all(proxies.splice(0).map(proxy => proxy.close()));
  });

  /** A pod with a network of its own. */
  const boot = async (appName: string, leader: LeaderOptions, redisOn: (port: number) => RedisInput) => {
    const proxy = await TcpProxy.start(redisServer().port);
    proxies.push(proxy);
    const schedule = ScheduleModule.forRoot({ appName, redis: redisOn(proxy.port), leader });
    const app = await bootApp({ imports: [schedule], providers: [Jobs] });
    apps.push(app);
    const election = app.get(LeaderService);
    const changes: Leadership[] = [];
    election.changes.subscribe(change => changes.push(change));
    return { app, proxy, election, changes };
  };
  const newName = (kind: string) => `${kind}-${(names += 1)}`;
  /** Nest's logger is one for the process: the newest application has the lines of all. */
  const logged = (text: string) => apps.some(app => app.lines.some(line => line.includes(text)));
  const pods = async (leader: LeaderOptions, redisOn = (port: number): RedisInput => ({ host, port })) => {
    const appName = newName('fast');
    const first = await boot(appName, leader, redisOn);
    await eventually(() => first.election.isLeader(), { what: 'the first leads' });
    const second = await boot(appName, leader, redisOn);
    // One that has just connected says nothing about others for a second; nor is presence seen before a renewal.
    await eventually(() => logged(`${second.election.podId} follows ${first.election.podId}`));
    const followedAt = performance.now();
    await eventually(() => performance.now() > followedAt + 1.2 * SECOND, { what: 'the second may judge' });
    return { first, second, ...termOf(redisServer, appName) };
  };
  return { redisServer, apps, logged, newName, pods };
}

@Injectable()
class Jobs {
  @LeaderCron('* * * * * *', { name: 'ticking' })
  run() {}
}

function termOf(redisServer: () => RedisServer, appName: string) {
  const key = `{scheduler:${appName}:leader}:term`;
  const term = async (field: string) => String(await redisServer().command('HGET', key, field));
  const renewals = async (number: number) => {
    for (let seen = 0, last = await term('renewedAt'); seen < number; seen += 1) {
      const before = last;
      await eventually(async () => (last = await term('renewedAt')) !== before, { what: 'a renewal' });
    }
  };
  return { term, renewals };
}

export const leadsAfter = async ({ election }: { election: LeaderService }, event: () => unknown) => {
  const from = performance.now();
  await event();
  await eventually(() => election.isLeader(), { within: 20 * SECOND, what: 'the second leads' });
  return performance.now() - from;
};

/** The URL of a user that has all rights but for these rules, by port. */
export async function userOf(server: RedisServer, name: string, ...rules: string[]) {
  await server.command('ACL', 'SETUSER', name, 'reset', 'on', '>secret', '~*', '+@all', ...rules);
  return (port: number) => `redis://${name}:secret@${host}:${port}`;
}

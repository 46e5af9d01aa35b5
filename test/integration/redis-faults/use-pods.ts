import { afterEach, beforeEach, expect } from '@jest/globals';

import { LeaderService, ScheduleModule, type ScheduleModuleOptions } from '../../../lib/index.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

export const SHORT = { interval: '300ms', ttl: '2s' } as const;

/** Generous: this machine may be busy. Only that it happens by itself matters. */
export const RECOVERY = { within: 20 * SECOND };

/** Pods of one test on a Redis of its own; no two of them may lead at once. Call it at module level. */
export function usePods() {
  let redis: RedisServer | undefined;
  const apps: BootedApp[] = [];
  const proxies: TcpProxy[] = [];
  let sampler: NodeJS.Timeout;
  const overlaps: string[] = [];
  const server = (): RedisServer => {
    if (!redis) throw new Error('There is a server in tests only.');
    return redis;
  };
  const leaders = () => apps.filter(app => app.get(LeaderService).isLeader());

  beforeEach(async () => {
    redis = await RedisServer.start();
    overlaps.length = 0;
    sampler = setInterval(() => {
      const leading = leaders();
      if (leading.length > 1) overlaps.push(leading.map(app => app.get(LeaderService).podId).join(' and '));
    }, 5);
  });
  afterEach(async () => {
    clearInterval(sampler);
    await Promise.all(apps.splice(0).map(app => app.close()));
    await Promise.all(proxies.splice(0).map(proxy => proxy.close()));
    await server().dispose();
    expect(overlaps).toEqual([]);
  });
  return { server, apps, proxies, ...callsOn(server, apps, leaders) };
}

function callsOn(server: () => RedisServer, apps: BootedApp[], leaders: () => BootedApp[]) {
  const boot = async (options: ScheduleModuleOptions = {}, providers: never[] = []) => {
    const schedule = { redis: server().url, appName: 'faults', leader: SHORT, ...options };
    const app = await bootApp({ imports: [ScheduleModule.forRoot(schedule)], providers });
    apps.push(app);
    return app;
  };
  const oneLeads = (what = 'one pod leads') =>
    eventually(() => leaders().length === 1 && leaders()[0], { ...RECOVERY, what });
  const noPodLeads = () => eventually(() => leaders().length === 0, { ...RECOVERY, what: 'no pod leads' });
  return { boot, leaders, oneLeads, noPodLeads };
}

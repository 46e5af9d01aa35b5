import { afterEach } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import { redisKeys, type RedisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { useRedisServer } from '../../support/use-redis-server.js';

/** Not while these tests run. */
export const NEVER = '0 0 0 29 2 *';
export const OFTEN = '@every 200ms';
const TTL_MS = 1500;

/** One call of a handler. */
export interface Call {
  readonly pod: string;
  readonly context: JobContext;
}

/** The calls of handlers on the pods of one test: an application each, in this process, all of one scheduler. */
export class Calls {
  readonly all: Call[] = [];

  of(job: string): Call[] {
    return this.all.filter(({ context }) => context.job === job);
  }

  ticks(job: string): number[] {
    return this.of(job).map(({ context }) => context.tick.getTime());
  }
}

export interface Pod {
  readonly name: string;
  readonly app: BootedApp;
  readonly schedule: ScheduleService;
  readonly leader: LeaderService;
}

export interface Mode {
  readonly mode: 'ram' | 'redis';
  /** The options of an application, besides its name. */
  readonly source: () => ScheduleModuleOptions;
  /** The pod that leads, and the one from which it is controlled: another one, where there can be another one. */
  readonly openPods: () => Promise<Pods>;
}

export interface Pods {
  readonly calls: Calls;
  readonly leader: Pod;
  readonly other: Pod;
  readonly keys: RedisKeys;
  readonly boot: () => Promise<Pod>;
}

export const leads = ({ leader }: Pod) => eventually(() => leader.isLeader(), { what: 'the pod leads' });

/** Pods of one spec file. Call it at module level: it registers hooks. */
export function usePods() {
  const redisServer = useRedisServer();
  const apps: BootedApp[] = [];
  const cleanups: (() => Promise<unknown>)[] = [];
  let schedulers = 0;
  afterEach(async () => {
    await Promise.all(apps.splice(0).map(app => app.close()));
    await Promise.all(cleanups.splice(0).map(clean => clean()));
  });

  const newName = () => `control-${(schedulers += 1)}`;
  const boot = async (name: string, calls: Calls, options: ScheduleModuleOptions): Promise<Pod> => {
    const leader = { ttl: TTL_MS, interval: 300 };
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ appVersion: '1.2.3', leader, ...options })],
      providers: [jobsOf(name, calls)],
    });
    apps.push(app);
    const schedule = app.get(ScheduleService);
    await eventually(async () => (await schedule.status()).isStoreAvailable, { what: 'it is connected' });
    return { name, app, schedule, leader: app.get(LeaderService) };
  };
  const modeOf = (mode: Mode['mode'], source: Mode['source']): Mode => ({
    mode,
    source,
    openPods: async () => {
      const calls = new Calls();
      const appName = newName();
      const options = { ...source(), appName };
      const leader = await boot('leader', calls, options);
      await leads(leader);
      const other = mode === 'redis' ? await boot('other', calls, options) : leader;
      const keys = redisKeys(`scheduler:${appName}:leader`);
      return { calls, leader, other, keys, boot: () => boot('third', calls, options) };
    },
  });
  const ram = modeOf('ram', () => ({ mode: 'ram' }));
  const redis = modeOf('redis', () => ({ mode: 'redis', redis: redisServer().url }));
  return { redisServer, apps, cleanups, newName, boot, ram, redis };
}

function jobsOf(name: string, calls: Calls) {
  @Injectable()
  class Jobs {
    @LeaderCron(OFTEN, { name: 'ticking', overlap: 'allow' })
    ticking(context: JobContext): void {
      calls.all.push({ pod: name, context });
    }

    @LeaderCron(NEVER, { name: 'by-hand', overlap: 'allow' })
    byHand(context: JobContext): void {
      calls.all.push({ pod: name, context });
    }

    @LeaderCron(NEVER, { name: 'long' })
    async long(context: JobContext): Promise<void> {
      calls.all.push({ pod: name, context });
      await new Promise((_, reject) =>
        context.signal.addEventListener('abort', () => reject(context.signal.reason as Error)),
      );
    }
  }
  return Jobs;
}

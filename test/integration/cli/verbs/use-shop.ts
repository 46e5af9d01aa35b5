import { afterAll, beforeAll } from '@jest/globals';
import { Injectable, type Type } from '@nestjs/common';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type JobContext,
} from '../../../../lib/index.js';
import { cli } from '../../../support/cli.js';
import { eventually } from '../../../support/eventually.js';
import { bootApp, type BootedApp } from '../../../support/nest-app.js';
import { useRedisServer } from '../../../support/use-redis-server.js';

/** Not while these tests run: such a job is run manually. */
export const NEVER = '0 0 0 29 2 *';
export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

@Injectable()
class Jobs {
  @LeaderCron(NEVER, { name: 'good', timeZone: 'Europe/Berlin' })
  good() {}
  @LeaderCron(NEVER, { name: 'bad' })
  bad() {
    throw new TypeError('no such printer');
  }
  @LeaderCron(NEVER, { name: 'slow' })
  slow({ signal }: JobContext) {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
  }
}

/** An application whose jobs the command line controls. Call it at module level: it registers hooks. */
export function useShop() {
  const redisServer = useRedisServer();
  const apps: BootedApp[] = [];
  const environment: NodeJS.ProcessEnv = {};
  const boot = async () => {
    const redis = redisServer().url;
    const leader = { interval: '200ms', ttl: '2s' } as const;
    const names = { appName: 'shop', appVersion: '1.2.3' };
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ ...names, redis, leader })],
      providers: [Jobs],
    });
    apps.push(app);
    return app;
  };

  beforeAll(async () => {
    const server = redisServer();
    Object.assign(environment, { REDIS_URL: server.url, SCHEDULE_APP_NAME: 'shop', TZ: 'UTC' });
    const app = await boot();
    await app.get(LeaderService).waitForLeadership();
    await eventually(async () => Number(await server.command('HLEN', '{scheduler:shop:leader}:specs')) === 3);
    await app.get(ScheduleService).runAndWait('bad', { maxWait: '5s' });
  });
  afterAll(async () => {
    await Promise.all(apps.map(app => app.close()));
  });

  const first = <Service>(service: Type<Service>): Service => {
    const [app] = apps;
    if (!app) throw new Error('The shop is open in tests only.');
    return app.get(service);
  };
  return {
    boot,
    environment,
    ...callsWith(environment),
    leader: () => first(LeaderService),
    schedule: () => first(ScheduleService),
  };
}

function callsWith(environment: NodeJS.ProcessEnv) {
  const call = (...args: string[]) => cli(args, environment);
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await call(...args, '-o', 'json');
    return { code, output: JSON.parse(stdout === '' ? stderr : stdout) };
  };
  return { call, json };
}

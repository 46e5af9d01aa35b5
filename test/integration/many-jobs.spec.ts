import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';

import { redisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { LeaderService, ScheduleModule, ScheduleService, type ScheduleEvent } from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisMonitor } from '../support/redis-monitor.js';
import { RedisServer } from '../support/redis-server.js';
import { SlowLink } from '../support/slow-link.js';

const JOBS = 5000;
/** Of each direction of the network. */
const DELAY_MS = 30;
/** The machine of a test may be slow. */
const PATIENCE_MS = 20 * SECOND;
const KEYS = redisKeys('scheduler:many:leader');

@Injectable()
class Jobs implements OnModuleInit {
  readonly events: ScheduleEvent[] = [];

  constructor(@Inject(ScheduleService) private readonly schedule: ScheduleService) {}

  onModuleInit(): void {
    this.schedule.events.subscribe(event => this.events.push(event));
    for (let number = 0; number < JOBS; number += 1)
      this.schedule.create(`job-${number}`, '0 0 0 29 2 *', () => undefined);
  }
}

let server: RedisServer;
let link: SlowLink;
let operator: Redis;
let monitor: RedisMonitor;
let app: BootedApp;
/** Commands with which the leader announces its jobs. */
const announcing = { begun: 0, jobs: 0 };

beforeAll(async () => {
  server = await RedisServer.start();
  operator = new Redis(server.url);
  monitor = await RedisMonitor.start(server.port, ({ name, key }) => {
    if (key !== KEYS.specs) return;
    if (name === 'unlink') announcing.begun += 1;
    if (name === 'hset') announcing.jobs += 1;
  });
  link = await SlowLink.start(server.port, DELAY_MS);
  app = await bootApp({
    imports: [ScheduleModule.forRoot({ mode: 'redis', appName: 'many', redis: link.url })],
    providers: [Jobs],
  });
  await app.get(LeaderService).waitForLeadership();
});
afterAll(async () => {
  await app.close();
  monitor.close();
  operator.disconnect();
  await link.close();
  await server.dispose();
});

/** Waits for renewals: after two, a repetition would have been seen. */
const renewals = async (count: number) => {
  const seen = new Set<string | null>();
  await eventually(async () => seen.add(await operator.hget(KEYS.term, 'renewedAt')).size > count, {
    what: `${count} renewals`,
    within: PATIENCE_MS,
  });
};

const announced = (times: number) =>
  eventually(() => announcing.jobs >= times * JOBS, {
    what: `all jobs are announced ${times} times`,
    within: PATIENCE_MS,
  });

describeWithRedis('a pod with 5,000 jobs whose Redis is a round trip of 60 ms away', () => {
  it('announces each job once', async () => {
    await announced(1);
    await renewals(2);
    expect(announcing).toEqual({ begun: 1, jobs: JOBS });
  });

  it('lists its jobs', async () => {
    const jobs = await app.get(ScheduleService).jobs();
    expect(jobs.map(({ name }) => name).sort()).toEqual(
      Array.from({ length: JOBS }, (_, number) => `job-${number}`).sort(),
    );
  });

  it('follows another schedule, and announces each job once more', async () => {
    const { events } = app.get(Jobs);
    await app.get(ScheduleService).reschedule('job-4321', '@every 1s');
    await eventually(() => events.some(event => event.type === 'job.succeeded' && event.job === 'job-4321'), {
      what: 'the job runs by its new schedule',
      within: PATIENCE_MS,
    });
    await announced(2);
    await renewals(2);
    expect(announcing).toEqual({ begun: 2, jobs: 2 * JOBS });
  });

  it('reports neither an unavailable store nor an unsteady leader', () => {
    const types = new Set(app.get(Jobs).events.map(({ type }) => type));
    expect([...types].filter(type => /^store\.|^leader\.(lost|suspended|unsteady)/.test(type))).toEqual([]);
  });
});

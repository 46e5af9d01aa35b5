import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { redisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { LeaderCron, ScheduleModule, ScheduleService, type ScheduleEvent } from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';
import { seedOrphans } from '../support/seed-orphans.js';

const ORPHANS = 20_000;

@Injectable()
class Jobs implements OnModuleInit {
  readonly startedAt: number[] = [];
  readonly events: ScheduleEvent[] = [];
  electedAt = Infinity;

  constructor(@Inject(ScheduleService) private readonly schedule: ScheduleService) {}

  onModuleInit(): void {
    this.schedule.events.subscribe(event => {
      this.events.push(event);
      if (event.type === 'leader.elected') this.electedAt = Date.now();
    });
  }

  @LeaderCron('@every 100ms', { name: 'often' })
  often(): void {
    this.startedAt.push(Date.now());
  }

  @LeaderCron('0 0 0 29 2 *', { name: 'endless', overlap: 'allow', history: { keep: 50 } })
  endless(): void {
    // Its runs were left behind by another pod.
  }
}

describeWithRedis('a leader that finds 20,000 runs whose pods died', () => {
  let server: RedisServer;
  let redis: Redis;
  let app: BootedApp;

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.url);
    await seedOrphans(redis, 'scheduler:orphans:leader', 'endless', ORPHANS);
    app = await bootApp({
      imports: [ScheduleModule.forRoot({ mode: 'redis', appName: 'orphans', redis: server.url })],
      providers: [Jobs],
    });
  });

  afterAll(async () => {
    await app.close();
    redis.disconnect();
    await server.dispose();
  });

  const abandoned = () => app.get(Jobs).events.filter(({ type }) => type === 'job.abandoned');

  it('starts its jobs within a second', async () => {
    const jobs = app.get(Jobs);
    await eventually(() => jobs.startedAt.length > 0);
    expect((jobs.startedAt[0] ?? Infinity) - jobs.electedAt).toBeLessThan(1000);
  });

  it('records and reports each of them once', async () => {
    await eventually(() => abandoned().length >= ORPHANS, { within: 30_000 });
    const runs = new Set(abandoned().map(event => ('runId' in event ? event.runId : '')));
    expect([abandoned().length, runs.size]).toEqual([ORPHANS, ORPHANS]);
    const keys = redisKeys('scheduler:orphans:leader');
    expect(await redis.hget(keys.job('endless'), 'abandoned')).toBe(String(ORPHANS));
    expect(await redis.zrangebyscore(keys.unfinished, '-inf', Date.now())).toEqual([]);
  });

  it('writes a line of the log for each page, not for each run', () => {
    const lines = app.lines.filter(line => line.includes('are abandoned'));
    expect(lines[0]).toMatch(
      /^warn Job endless: \d+ runs whose pods died are abandoned, the first of them of its tick /,
    );
    expect(lines.length).toBeLessThanOrEqual(ORPHANS / 100);
  });
});

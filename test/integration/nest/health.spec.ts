import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import {
  ALL_JOBS,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import {
  ScheduleHealthIndicator,
  ScheduleHealthModule,
  type ScheduleHealthOptions,
} from '../../../lib/health/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, RecordingLogger, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

const KEY = 'health:leader';
const TTL_MS = 1000;
/** Longer than any fail-over. */
const STUCK_MS = TTL_MS + 5000;
const apps: BootedApp[] = [];

@Injectable()
class Jobs {
  @LeaderCron('* * * * * *', { name: 'often' })
  run() {}
}

const boot = async (options: ScheduleModuleOptions, logger = new RecordingLogger()) => {
  const imports = [ScheduleModule.forRoot({ ...options }), TerminusModule, ScheduleHealthModule];
  const app = await bootApp({ imports, providers: [Jobs] }, logger);
  apps.push(app);
  const check = async (checked: ScheduleHealthOptions = {}): Promise<HealthCheckResult> => {
    const isHealthy = () => app.get(ScheduleHealthIndicator).isHealthy('schedule', checked);
    try {
      return await app.get(HealthCheckService).check([isHealthy]);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return error.getResponse() as HealthCheckResult;
    }
  };
  const becomes = (status: string, checked?: ScheduleHealthOptions) =>
    eventually(
      async () => {
        const result = await check(checked);
        return result.details['schedule']?.status === status && result;
      },
      { what: `the scheduler is ${status}` },
    );
  return { app, check, becomes };
};

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('the health of a scheduler in RAM mode', () => {
  it('is up, and JSON', async () => {
    const { app, check } = await boot({ mode: 'ram' });
    const { candidateId, term } = app.get(LeaderService);
    const schedule = { status: 'up', role: 'leader', leader: candidateId, token: term?.token };
    const result = await check();
    expect(result).toEqual({
      status: 'ok',
      info: { schedule: { ...schedule, overdue: [], paused: false } },
      error: {},
      details: { schedule: { ...schedule, overdue: [], paused: false } },
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('says that all jobs are paused, and is up', async () => {
    const { app, check } = await boot({ mode: 'ram' });
    await app.get(ScheduleService).pause(ALL_JOBS);
    expect((await check()).details['schedule']).toMatchObject({ status: 'up', paused: true });
  });

  it('is up while the leader rests after it has resigned', async () => {
    const { app, check } = await boot({ mode: 'ram' });
    await app.get(LeaderService).resign();
    expect((await check()).details['schedule']).toMatchObject({
      status: 'up',
      role: 'follower',
      leader: null,
    });
    expect(await app.get(ScheduleService).status()).toMatchObject({ isStuck: false });
  });

  it('refuses a timeout that is none', async () => {
    const { app } = await boot({ mode: 'ram' });
    await expect(
      app.get(ScheduleHealthIndicator).isHealthy('schedule', { timeout: '5' }),
    ).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });
});

describeWithRedis('the health of a scheduler with Redis', () => {
  let server: RedisServer;
  let options: ScheduleModuleOptions;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  beforeEach(async () => {
    await server.command('FLUSHALL');
    options = { redis: server.url, leader: { key: KEY, ttl: TTL_MS, interval: 200 } };
  });
  afterAll(() => server.dispose());

  it('is up on the leader, with token and lease, and up on a follower', async () => {
    const leader = await boot(options);
    const { token } = await leader.app.get(LeaderService).waitForLeadership();
    const follower = await boot(options);
    const { candidateId } = leader.app.get(LeaderService);
    const { details } = await leader.becomes('up');
    const leaseRemainingMs = expect.any(Number);
    expect(details['schedule']).toMatchObject({
      role: 'leader',
      leader: candidateId,
      token,
      leaseRemainingMs,
    });
    expect(details['schedule']?.['leaseRemainingMs']).toBeLessThanOrEqual(TTL_MS);
    expect((await follower.becomes('up')).details['schedule']).toEqual({
      status: 'up',
      role: 'follower',
      leader: candidateId,
      overdue: [],
      paused: false,
    });
  });

  it.each<[string, 'kill' | 'pause', 'restart' | 'resume']>([
    ['crashed', 'kill', 'restart'],
    ['hangs', 'pause', 'resume'],
  ])(
    'is degraded and never down while Redis has %s, says so in time, and is up again afterwards',
    async (_, end, begin) => {
      const { becomes, check } = await boot(options);
      await becomes('up');
      await server[end]();
      const { status, details } = await becomes('degraded', { stuck: 'down', overdue: 'down' });
      expect([status, details['schedule']?.['message']]).toEqual([
        'degraded',
        expect.stringMatching(/Redis|store/),
      ]);
      const askedAt = performance.now();
      expect((await check({ timeout: '50ms' })).status).toBe('degraded');
      expect(performance.now() - askedAt).toBeLessThan(1000);
      await server[begin]();
      await becomes('up');
    },
  );

  it('does not tell the password of Redis', async () => {
    const { check } = await boot({ ...options, redis: 'redis://user:secret@127.0.0.1:1' });
    const text = JSON.stringify(await check());
    expect(text).toContain('degraded');
    expect(text).not.toContain('secret');
  });

  it('is stuck when somebody has set the lease by hand: degraded, or down by option', async () => {
    await server.command('SET', KEY, 'maintenance', 'PX', 60_000);
    const { app, becomes } = await boot(options);
    const bootedAt = performance.now();
    expect((await becomes('up', { stuck: 'down' })).details['schedule']).toMatchObject({
      leader: 'maintenance',
    });
    const { details } = await becomes('down', { stuck: 'down' });
    expect(performance.now() - bootedAt).toBeGreaterThan(STUCK_MS - 500);
    expect(details['schedule']).toMatchObject({
      message: 'Nobody leads, though Redis answers',
      role: 'follower',
    });
    expect((await becomes('degraded')).status).toBe('degraded');
    expect(await app.get(ScheduleService).status()).toMatchObject({ isStuck: true });
    await server.command('DEL', KEY);
    await becomes('up');
  });

  it('has overdue jobs when the leader runs nothing: degraded, or down by option', async () => {
    const { app, becomes } = await boot(options);
    await app.get(LeaderService).waitForLeadership();
    await eventually(() => app.get(ScheduleService).lastSuccess('often'));
    // It holds the lease and renews it, and that is all that it does.
    await server.command('SET', KEY, 'zombie|1000000', 'PX', 60_000);
    const { details } = await becomes('down', { overdue: 'down' });
    expect(details['schedule']).toMatchObject({ leader: 'zombie', overdue: ['often'] });
    expect((await becomes('degraded')).details['schedule']).toMatchObject({ overdue: ['often'] });
    await server.command('DEL', KEY);
    await becomes('up');
  });
});

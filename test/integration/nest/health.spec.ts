import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';

import {
  ScheduleHealthIndicator,
  ScheduleHealthModule,
  type ScheduleHealthOptions,
} from '../../../lib/health/index.js';
import {
  ALL_JOBS,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type ScheduleModuleOptions,
  type ScheduleStatus,
} from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, RecordingLogger, type BootedApp } from '../../support/nest-app.js';
import { useRedisServer } from '../../support/use-redis-server.js';

const KEY = 'health:leader';
const TTL_MS = SECOND;
/** Longer than any fail-over. */
const STUCK_MS = TTL_MS + 5 * SECOND;
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
  it('is up, and can be written as JSON', async () => {
    const { app, check } = await boot({ mode: 'ram' });
    const { podId, term } = app.get(LeaderService);
    const schedule = { status: 'up', role: 'leader', leader: podId, token: term?.token };
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

  it('refuses an invalid timeout', async () => {
    const { app } = await boot({ mode: 'ram' });
    await expect(
      app.get(ScheduleHealthIndicator).isHealthy('schedule', { timeout: '5' }),
    ).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });
});

let options: ScheduleModuleOptions;
const redisServer = useRedisServer();
/** Before each test: an empty Redis. */
async function emptyRedis(): Promise<void> {
  await redisServer().command('FLUSHALL');
  options = { redis: redisServer().url, leader: { key: KEY, ttl: TTL_MS, interval: 200 } };
}
/** Writes the lease and term of an elected pod whose presence no pod sees. The lease comes first: it stops renewals. */
const electsElsewhere = async (holder: string, token: number, ttlMs: number) => {
  await redisServer().command('SET', KEY, `${holder}|${token}`, 'PX', ttlMs);
  await redisServer().command('HSET', `{${KEY}}:term`, 'holder', holder, 'token', token, 'presence', 0);
};

describeWithRedis('the health of a scheduler with Redis', () => {
  beforeEach(emptyRedis);

  it('is up on the leader, with token and lease, and up on a follower', async () => {
    const leader = await boot(options);
    const { token } = await leader.app.get(LeaderService).waitForLeadership();
    const follower = await boot(options);
    const { podId } = leader.app.get(LeaderService);
    const { details } = await leader.becomes('up');
    const leaseRemainingMs = expect.any(Number);
    expect(details['schedule']).toMatchObject({
      role: 'leader',
      leader: podId,
      token,
      leaseRemainingMs,
    });
    expect(details['schedule']?.['leaseRemainingMs']).toBeLessThanOrEqual(TTL_MS);
    expect((await follower.becomes('up')).details['schedule']).toEqual({
      status: 'up',
      role: 'follower',
      leader: podId,
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
      await redisServer()[end]();
      const { status, details } = await becomes('degraded', { stuck: 'down', overdue: 'down' });
      expect([status, details['schedule']?.['message']]).toEqual([
        'degraded',
        expect.stringMatching(/Redis|store/),
      ]);
      const askedAt = performance.now();
      expect((await check({ timeout: '50ms' })).status).toBe('degraded');
      expect(performance.now() - askedAt).toBeLessThan(1000);
      await redisServer()[begin]();
      await becomes('up');
    },
  );

  it('does not show the password of Redis', async () => {
    const { check } = await boot({ ...options, redis: 'redis://user:secret@127.0.0.1:1' });
    const text = JSON.stringify(await check());
    expect(text).toContain('degraded');
    expect(text).not.toContain('secret');
  });
});

describeWithRedis('a stuck scheduler with Redis', () => {
  beforeEach(emptyRedis);

  it('is stuck when an operator has set the lease manually: degraded, or down by option', async () => {
    await redisServer().command('SET', KEY, 'maintenance', 'PX', 60_000);
    const { app, becomes } = await boot(options);
    const bootedAt = performance.now();
    expect((await becomes('up', { stuck: 'down' })).details['schedule']).toMatchObject({
      leader: 'maintenance',
    });
    const { details } = await becomes('down', { stuck: 'down' });
    expect(performance.now() - bootedAt).toBeGreaterThan(STUCK_MS - 500);
    expect(details['schedule']).toMatchObject({
      message: 'No pod leads, though Redis answers',
      role: 'follower',
    });
    expect((await becomes('degraded')).status).toBe('degraded');
    expect(await app.get(ScheduleService).status()).toMatchObject({ isStuck: true });
    await redisServer().command('DEL', KEY);
    await becomes('up');
  });

  it('is not stuck before the lease of a leader that crashed has expired', async () => {
    const first = await boot({ ...options, leader: { key: KEY, ttl: 9000, interval: 3000 } });
    const { token } = await first.app.get(LeaderService).waitForLeadership();
    const { app } = await boot(options);
    await electsElsewhere('crashed', token + 1, 9000);
    const answered: ScheduleStatus[] = [];
    const hasExpired = async () => {
      const status = await app.get(ScheduleService).status();
      const isHeld = (await redisServer().command('GET', KEY)) === `crashed|${token + 1}`;
      if (isHeld && status.isStoreAvailable) answered.push(status);
      return !isHeld;
    };
    await eventually(hasExpired, { within: 20_000, what: 'the lease has expired' });
    expect(answered).not.toEqual([]);
    const asExpected = { isStuck: false, leader: { token: token + 1 } };
    for (const status of answered) expect(status).toMatchObject(asExpected);
  });

  it('has overdue jobs when the leader runs nothing: degraded, or down by option', async () => {
    const { app, becomes } = await boot(options);
    await app.get(LeaderService).waitForLeadership();
    await eventually(() => app.get(ScheduleService).lastSuccess('often'));
    // It holds the lease and renews it, and that is all that it does.
    await electsElsewhere('zombie', 1_000_000, 60_000);
    const { details } = await becomes('down', { overdue: 'down' });
    expect(details['schedule']).toMatchObject({ leader: 'zombie', overdue: ['often'] });
    expect((await becomes('degraded')).details['schedule']).toMatchObject({ overdue: ['often'] });
    await redisServer().command('DEL', KEY);
    await becomes('up');
  });
});

describeWithRedis('a lease elsewhere', () => {
  beforeEach(emptyRedis);

  it.each([
    ['a Redis where no pod has led', false],
    ['a Redis where a pod has led', true],
  ])('is stuck when the lease was set manually to a value of a leader, in %s', async (_, hasLed) => {
    if (hasLed) {
      const { app } = await boot(options);
      await app.get(LeaderService).waitForLeadership();
      await app.close();
      // No watermark is stored: no job can be overdue.
      await redisServer().command('DEL', `{${KEY}}:job:often`);
    }
    await redisServer().command('SET', KEY, 'someone|5', 'PX', 60_000);
    const { app, becomes } = await boot(options);
    const bootedAt = performance.now();
    const { details } = await becomes('down', { stuck: 'down' });
    expect(performance.now() - bootedAt).toBeGreaterThan(STUCK_MS - 500);
    expect(details['schedule']).toMatchObject({
      message: 'No pod leads, though Redis answers',
      leader: 'someone',
    });
    expect(await app.get(ScheduleService).status()).toMatchObject({ isStuck: true, leader: { token: 0 } });
    const remainingMs = Number(await redisServer().command('PTTL', KEY));
    // It holds up the jobs until it expires, as the operator intended.
    expect(remainingMs).toBeGreaterThan(40_000);
    // Key and value, once.
    expect(app.lines.filter(line => line.includes('someone|5'))).toEqual([expect.stringContaining(KEY)]);
    await redisServer().command('DEL', KEY);
    await becomes('up');
  });
});

import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type JobContext,
} from '../../../lib/index.js';
import { cli, CliProcess } from '../../support/cli.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

/** Not while these tests run: such a job is run by hand. */
const NEVER = '0 0 0 29 2 *';
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describeWithRedis('the command line', () => {
  let server: RedisServer;
  const apps: BootedApp[] = [];
  let schedule: ScheduleService;
  let environment: NodeJS.ProcessEnv;

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
  const boot = async () => {
    const redis = server.url;
    const leader = { interval: '200ms', ttl: '2s' } as const;
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ appName: 'shop', appVersion: '1.2.3', redis, leader })],
      providers: [Jobs],
    });
    apps.push(app);
    return app;
  };
  const call = (...args: string[]) => cli(args, environment);
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await call(...args, '-o', 'json');
    return { code, told: JSON.parse(stdout === '' ? stderr : stdout) };
  };

  beforeAll(async () => {
    server = await RedisServer.start();
    environment = { REDIS_URL: server.url, SCHEDULE_APP_NAME: 'shop', TZ: 'UTC' };
    const app = await boot();
    await app.get(LeaderService).waitForLeadership();
    schedule = app.get(ScheduleService);
    await eventually(async () => Number(await server.command('HLEN', '{scheduler:shop:leader}:specs')) === 3);
    await schedule.runNow('bad', { wait: '5s' });
  });
  afterAll(async () => {
    await Promise.all(apps.map(app => app.close()));
    await server.dispose();
  });

  it('tells who leads and who competes', async () => {
    const { podId } = apps[0]?.get(LeaderService) ?? {};
    const [table, { told }, { told: pods }, podTable] = await Promise.all([
      call('status'),
      json('status'),
      json('pods'),
      call('pods'),
    ]);
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toContain(`leader  ${podId} since 2`);
    expect(told).toEqual({
      leaderKey: 'scheduler:shop:leader',
      now: expect.stringMatching(ISO),
      leader: {
        podId,
        candidateId: podId,
        token: expect.any(Number),
        remainingMs: expect.any(Number),
        since: expect.stringMatching(ISO),
      },
      pods: [
        {
          podId,
          candidateId: podId,
          isLeader: true,
          since: expect.stringMatching(ISO),
          lastSeen: expect.stringMatching(ISO),
          version: '1.2.3',
          clockAheadMs: expect.any(Number),
        },
      ],
      pause: null,
      jobCount: 3,
      jobs: 3,
      pausedJobs: [],
      stoppedJobs: [],
      running: [],
    });
    expect(pods).toMatchObject({ pods: [{ podId }] });
    expect(podTable.stdout).toMatch(/^POD +ROLE +SINCE/);
  });

  it('lists the jobs, in no more than 100 columns', async () => {
    const [table, { told }] = await Promise.all([call('jobs'), json('jobs')]);
    expect(told.jobs.map(({ name }: { name: string }) => name)).toEqual(['bad', 'good', 'slow']);
    expect(told.jobs[1]).toEqual({
      name: 'good',
      schedule: NEVER,
      description: 'At 00:00, on day 29 of the month, only in February (Europe/Berlin)',
      words: 'At 00:00, on day 29 of the month, only in February (Europe/Berlin)',
      timeZone: 'Europe/Berlin',
      nextTicks: Array.from({ length: 5 }, () => expect.stringMatching(/T23:00:00.000Z$/)),
      lastRun: null,
      pause: null,
      isPaused: false,
      isStopped: false,
      stoppedOn: [],
      isRescheduled: false,
      rescheduledAt: null,
      running: [],
      definedIn: 'Jobs.good in AppModule',
      definedAt: 'Jobs.good in AppModule',
      overlap: 'skip',
      catchUp: 'latest',
    });
    expect(told.jobs[0]).toMatchObject({
      lastRun: { outcome: 'failed', error: { name: 'TypeError', message: 'no such printer' } },
    });
    expect(table.stdout).toMatch(/^bad +in \d+d +failed/m);
    expect(Math.max(...table.stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(100);
  });

  it('tells the past', async () => {
    const [all, { told }, none, wrong] = await Promise.all([
      call('history'),
      json('history', 'bad', '--limit', '1', '--outcome', 'failed,skipped', '--before', '2999-01-01'),
      json('history', '--before', '1h'),
      call('history', '--outcome', 'nice'),
    ]);
    expect(all.stdout).toMatch(/bad +failed +\d+ms +TypeError: no such printer, manual$/m);
    expect(told).toMatchObject({ runs: [{ job: 'bad', outcome: 'failed', manual: true }] });
    expect(none).toEqual({ code: 0, told: { runs: [] } });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/^INVALID_OPTIONS: .*'nice'/) });
  });

  it('runs a job, and waits for its end', async () => {
    const [good, bad, ticket] = await Promise.all([
      json('run', 'good', '--wait', '10s'),
      call('run', 'bad', '--wait'),
      json('run', 'bad'),
    ]);
    expect(good).toMatchObject({
      code: 0,
      told: { job: 'good', requestId: expect.any(String), run: { outcome: 'succeeded', manual: true } },
    });
    expect(bad).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/^failed after .*: TypeError: no such printer$|^skipped: running$/m),
    });
    expect(ticket).toEqual({
      code: 0,
      told: { job: 'bad', requestId: expect.any(String), tick: expect.stringMatching(ISO) },
    });
  });

  it('gives up waiting, shows the run that goes on, says that another is skipped, and aborts it', async () => {
    const late = await json('run', 'slow', '--wait', '300ms');
    expect(late).toMatchObject({ code: 6, told: { error: { code: 'WAIT_TIMEOUT', job: 'slow' } } });
    const [{ told }, table, skipped] = await Promise.all([
      json('running'),
      call('running'),
      json('run', 'slow', '--wait', '5s'),
    ]);
    const [{ runId }] = told.runs;
    expect(table.stdout).toMatch(new RegExp(`^${runId} +slow +2`, 'm'));
    expect(skipped).toMatchObject({ code: 4, told: { run: { outcome: 'skipped', reason: 'running' } } });
    expect(await json('abort', runId)).toEqual({ code: 0, told: { runId } });
    await eventually(async () => (await schedule.running()).length === 0);
    expect(await json('abort', runId)).toMatchObject({ code: 3, told: { error: { code: 'NO_SUCH_RUN' } } });
  });

  it('pauses and resumes what the application runs', async () => {
    const paused = await call('pause', 'good', '--for', '30m', '--reason', 'a new printer');
    expect(paused).toMatchObject({ code: 0, stdout: expect.stringMatching(/\(in 30m\): a new printer$/m) });
    const [job] = (await schedule.jobs()).filter(({ name }) => name === 'good');
    expect(job).toMatchObject({ isPaused: true, pause: { reason: 'a new printer' } });
    expect(await json('resume', 'good')).toEqual({ code: 0, told: { job: 'good', wasPaused: true } });
    expect(await json('resume', 'good')).toEqual({ code: 0, told: { job: 'good', wasPaused: false } });
    expect(await json('pause', '--yes')).toMatchObject({
      code: 0,
      told: { job: '*', until: null, reason: '' },
    });
    expect((await schedule.status()).pause).toBeDefined();
    expect(await call('resume')).toMatchObject({ code: 0, stdout: 'Resumed all jobs\n' });
  });

  it('gives a job another schedule, and its own again', async () => {
    expect((await json('reschedule', 'good', '@hourly')).code).toBe(0);
    const schedules = async () => (await schedule.jobs()).map(one => one.schedule);
    await eventually(async () => (await schedules()).includes('@hourly'));
    expect((await json('reschedule', 'good', '--own')).code).toBe(0);
    await eventually(async () => !(await schedules()).includes('@hourly'));
    expect(await call('reschedule', 'good', 'sometimes')).toMatchObject({ code: 2 });
    expect(await call('reschedule', 'good')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--own/),
    });
  });

  it('refuses to stop everything where nobody can be asked', async () => {
    expect(await call('pause')).toMatchObject({ code: 7, stderr: expect.stringMatching(/add --yes/) });
    expect(await json('resign')).toMatchObject({ code: 7, told: { error: { code: 'NOT_CONFIRMED' } } });
    expect((await schedule.status()).pause).toBeUndefined();
  });

  it('names the nearest job, and the schedulers that there are', async () => {
    const [run, pause, nobody, listed] = await Promise.all([
      call('run', 'goood'),
      json('pause', 'nothing-like-it'),
      call('status', '--app', 'shops'),
      json('jobs', '--key', 'other'),
    ]);
    expect(run).toMatchObject({ code: 3, stderr: expect.stringMatching(/UNKNOWN_JOB: .*mean 'good'\?/) });
    expect(pause).toMatchObject({ code: 3, told: { error: { code: 'UNKNOWN_JOB' } } });
    expect(nobody).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^ {2}- scheduler:shop:leader$/m),
    });
    expect(listed).toMatchObject({
      code: 3,
      told: {
        error: {
          code: 'NO_SCHEDULER',
          leaderKey: 'other',
          schedulers: [{ leaderKey: 'scheduler:shop:leader', isLed: true }],
        },
      },
    });
  });

  it('colours nothing without a terminal, all when forced to, and NO_COLOR is the stronger', async () => {
    const coloured = await cli(['pods'], { ...environment, FORCE_COLOR: '1' });
    const plain = await cli(['pods'], { ...environment, FORCE_COLOR: '1', NO_COLOR: '1' });
    expect(coloured.stdout).toContain('\u001b[');
    expect(plain.stdout).not.toContain('\u001b[');
    expect((await call('pods')).stdout).not.toContain('\u001b[');
  });

  it('watches until it is interrupted, and hands over when it is asked to', async () => {
    const second = await boot();
    const { podId } = second.get(LeaderService);
    const lines = new CliProcess(['status', '--watch', '200ms', '-o', 'json'], environment);
    const tables = new CliProcess(['status', '-w', '200ms'], environment);
    await Promise.all([lines.says(podId), tables.says(podId)]);
    expect((await json('resign', '--yes')).code).toBe(0);
    await second.get(LeaderService).waitForLeadership();
    await Promise.all([lines.says(`"leader":{"podId":"${podId}"`), tables.says(`leader  ${podId}`)]);
    for (const one of [lines, tables]) one.interrupt();
    for (const end of [await lines.end(), await tables.end()])
      expect(end).toMatchObject({ code: 0, stderr: '' });
    for (const line of lines.stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ leaderKey: 'scheduler:shop:leader' });
  });
});

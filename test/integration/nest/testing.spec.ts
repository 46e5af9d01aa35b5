import 'reflect-metadata';

import { readFile } from 'node:fs/promises';

import { Injectable, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CronTime } from 'cron';

import {
  AttemptTimeoutError,
  InvalidOptionsError,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
  type JobContext,
  type LeaderCronOptions,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { ScheduleTesting, type ScheduleTestingOptions } from '../../../lib/testing/index.js';
import { RecordingLogger } from '../../support/nest-app.js';

const HOURLY = '0 * * * *';
const NOW = '2030-01-01T00:00:00Z';
const PATIENCE = '50ms';
const apps: TestingModule[] = [];

/** Where a handler does what the test says. */
type Handler = (context: JobContext) => unknown;

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

function jobs(handler: Handler, cron = HOURLY, options: LeaderCronOptions = {}): Type {
  @Injectable()
  class Jobs {
    @LeaderCron(cron, { name: 'job', timeZone: 'UTC', ...options })
    run(context: JobContext): unknown {
      return handler(context);
    }
  }
  return Jobs;
}

async function boot(schedule: ScheduleTesting, Jobs: Type, options: ScheduleModuleOptions = {}) {
  const builder = Test.createTestingModule({
    imports: [ScheduleModule.forRoot(options)],
    providers: [Jobs],
  });
  const app = await schedule.attach(builder).setLogger(new RecordingLogger()).compile();
  await app.init();
  apps.push(app);
  return app;
}

/** A test world with one job in it. */
async function world(
  handler: Handler,
  { cron, testing, module, ...job }: LeaderCronOptions & World = {},
): Promise<{ schedule: ScheduleTesting; app: TestingModule }> {
  const schedule = new ScheduleTesting({ now: NOW, patience: PATIENCE, ...testing });
  return { schedule, app: await boot(schedule, jobs(handler, cron, job), module) };
}

interface World {
  readonly cron?: string;
  readonly testing?: ScheduleTestingOptions;
  readonly module?: ScheduleModuleOptions;
}

const hours = (schedule: ScheduleTesting) =>
  schedule.runsOf('job').map(({ tick, outcome }) => `${tick.toISOString().slice(11, 16)} ${outcome}`);

describe('time in a test', () => {
  it('begins when the test says and fires what falls due, each tick at its time', async () => {
    const seen: [Date, Date][] = [];
    const { schedule } = await world(({ tick, startedAt }) => seen.push([tick, startedAt]));
    await schedule.advance('59m59s');
    expect(seen).toEqual([]);
    await schedule.advance('1s');
    expect(seen).toEqual([[new Date('2030-01-01T01:00:00Z'), new Date('2030-01-01T01:00:00Z')]]);
    await schedule.advance('3h');
    expect(seen.map(([tick]) => tick.getUTCHours())).toEqual([1, 2, 3, 4]);
    expect(schedule.now).toEqual(new Date('2030-01-01T04:00:00Z'));
  });

  it('goes on to a moment, a year in no time', async () => {
    const { schedule } = await world(() => undefined, { cron: '0 3 1 * *' });
    const startedAt = performance.now();
    await schedule.advanceTo('2031-01-01T03:00:00+01:00');
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(schedule.runs).toHaveLength(12);
    expect(schedule.now).toEqual(new Date('2031-01-01T02:00:00Z'));
  });

  it('goes by the time zone of a job', async () => {
    const { schedule } = await world(() => undefined, { cron: '30 9 * * *', timeZone: 'Asia/Kolkata' });
    await schedule.advance('24h');
    expect(schedule.runs.map(({ tick }) => tick.toISOString())).toEqual(['2030-01-01T04:00:00.000Z']);
  });

  it('waits for handlers that wait for something real', async () => {
    const seen: string[] = [];
    const handler = async ({ tick }: JobContext) => {
      const { name } = JSON.parse(await readFile('package.json', 'utf8')) as { name: string };
      seen.push(`${name} ${tick.getUTCHours()}`);
    };
    const { schedule } = await world(handler, { timeout: '1s', testing: { patience: '20s' } });
    await schedule.advance('2h');
    expect(seen).toEqual(['nestjs-leader-schedule 1', 'nestjs-leader-schedule 2']);
    expect(hours(schedule)).toEqual(['01:00 succeeded', '02:00 succeeded']);
  });

  it('goes on, after the patience, without a handler that never ends', async () => {
    const { schedule, app } = await world(() => new Promise(() => undefined));
    await schedule.advance('3h');
    expect(hours(schedule)).toEqual(['02:00 skipped', '03:00 skipped']);
    await app.close();
    expect(hours(schedule)).toContain('01:00 aborted');
  });

  it('may be moved by a handler', async () => {
    const { schedule } = await world(() => schedule.advance('10m'), { testing: { patience: '20s' } });
    await schedule.advance('1h');
    expect(schedule.runs).toMatchObject([{ outcome: 'succeeded', durationMs: 600_000 }]);
    expect(schedule.now).toEqual(new Date('2030-01-01T01:10:00Z'));
  });

  it('is what jobs in the SchedulerRegistry go by, without timers of their own', async () => {
    const setTimeout = jest.spyOn(globalThis, 'setTimeout');
    const { schedule, app } = await world(() => undefined);
    const job = app.get(SchedulerRegistry).getCronJob('job');
    expect(job.isActive).toBe(true);
    expect(job.nextDate().toMillis()).toBe(Date.UTC(2030, 0, 1, 1));
    await schedule.advance('1h');
    expect(job.lastDate()).toEqual(new Date('2030-01-01T01:00:00Z'));
    void job.stop();
    expect(job.isActive).toBe(false);
    await schedule.advance('1h');
    job.start();
    job.setTime(new CronTime('*/10 * * * *', 'UTC'));
    await schedule.advance('10m');
    await job.fireOnTick();
    await schedule.advance(0);
    expect(hours(schedule)).toEqual(['01:00 succeeded', '02:10 succeeded', '02:10 succeeded']);
    expect(setTimeout).not.toHaveBeenCalled();
    setTimeout.mockRestore();
  });

  it.each([
    ['yesterday', /moment.*'yesterday'/],
    ['2030-01-01T00:00:00', /moment/],
    [Number.NaN, /moment/],
    [new Date('never'), /moment/],
  ])('cannot begin at %p', (now, message) => {
    expect(() => new ScheduleTesting({ now })).toThrow(message);
    expect(() => new ScheduleTesting({ now })).toThrow(InvalidOptionsError);
  });

  it.each(['1 hour', -1, Infinity, Number.NaN])('cannot go on by %p', async duration => {
    const schedule = new ScheduleTesting();
    await expect(schedule.advance(duration)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('does not go back', async () => {
    const schedule = new ScheduleTesting({ now: NOW });
    await expect(schedule.advanceTo('2029-12-31')).rejects.toThrow(/has passed.*2029-12-31/);
  });
});

describe('the policies of a job', () => {
  it('hold in virtual time: retries come after their backoff', async () => {
    const at: number[] = [];
    const { schedule } = await world(
      ({ startedAt, attempt }) => {
        at.push(startedAt.getUTCMinutes() * 60 + startedAt.getUTCSeconds());
        if (attempt < 4) throw new Error('not yet');
      },
      { retry: { attempts: 4, backoff: '10s', maxBackoff: '1h' } },
    );
    await schedule.advance('1h');
    expect(at).toEqual([0]);
    await schedule.advance('5m');
    expect(at).toEqual([0, 10, 30, 70]);
    expect(schedule.runsOf('job')).toMatchObject([
      { outcome: 'succeeded', attempts: 4, durationMs: 70_000, error: undefined },
    ]);
  });

  it('hold in virtual time: an attempt is told to end at its timeout', async () => {
    const reasons: unknown[] = [];
    const { schedule } = await world(
      async ({ signal }) => {
        await schedule.sleep('1h', signal).catch((reason: unknown) => reasons.push(reason));
      },
      { timeout: '5m', testing: { patience: '20s' } },
    );
    await schedule.advance('1h5m');
    expect(reasons).toEqual([expect.any(AttemptTimeoutError)]);
    expect(schedule.runs).toMatchObject([{ outcome: 'timed-out', durationMs: 300_000 }]);
  });

  it.each([
    ['skip', ['01:10 skipped', '01:20 skipped', '01:00 succeeded']],
    ['queue', ['01:20 skipped', '01:00 succeeded']],
    ['allow', []],
  ] as const)('hold in virtual time: overlap %s', async (overlap, before) => {
    const { schedule } = await world(() => schedule.sleep('25m'), {
      cron: '0,10,20 * * * *',
      overlap,
      testing: { patience: '20s' },
    });
    await schedule.advanceTo('2030-01-01T01:25:00Z');
    expect(
      hours(schedule)
        .filter(run => !/00:/.test(run))
        .slice(0, 3),
    ).toEqual(before.length > 0 ? before : ['01:00 succeeded']);
    await schedule.advanceTo('2030-01-01T01:50:00Z');
    const made = schedule.runs.filter(
      ({ outcome, tick }) => outcome === 'succeeded' && tick.getUTCHours() === 1,
    );
    expect(made).toHaveLength({ skip: 1, queue: 2, allow: 3 }[overlap]);
  });

  it('leave the history as it is in production, while the test sees all', async () => {
    const { schedule, app } = await world(() => undefined, { history: { keep: 2 } });
    await schedule.advance('5h');
    const kept = await app.get(ScheduleService).history('job');
    expect(kept.map(({ tick }) => tick.getUTCHours())).toEqual([5, 4]);
    expect(schedule.runsOf('job')).toHaveLength(5);
    expect(schedule.runsOf('job').slice(-2)).toEqual([...kept].reverse());
    expect(kept[0]).toMatchObject({
      podId: 'pod-1',
      schedule: HOURLY,
      nextTick: new Date('2030-01-01T06:00Z'),
    });
  });
});

describe('leadership in a test', () => {
  it('is there at once', async () => {
    const { app } = await world(() => undefined);
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it('is another pod’s at first, where the test says so', async () => {
    const { schedule, app } = await world(() => undefined, { testing: { leader: false } });
    const leader = app.get(LeaderService);
    await schedule.advance('2h');
    expect([leader.isLeader(), schedule.runs]).toEqual([false, []]);
    expect(await leader.current()).toMatchObject({ podId: 'another-pod', isThisPod: false });
    await schedule.becomeLeader();
    expect(leader.isLeader()).toBe(true);
    await schedule.advance('1h');
    expect(hours(schedule)).toEqual(['03:00 succeeded']);
  });

  it('is lost to another pod, and no handler starts', async () => {
    const { schedule, app } = await world(() => undefined);
    const leader = app.get(LeaderService);
    const before = leader.term?.token ?? 0;
    await schedule.loseLeadership();
    expect(leader.isLeader()).toBe(false);
    expect(schedule.events.map(({ type }) => type)).toEqual([
      'leader.elected',
      'leader.lost',
      'leader.followed',
    ]);
    await schedule.advance('5h');
    expect(schedule.runs).toEqual([]);
    await schedule.becomeLeader();
    expect(leader.term?.token).toBeGreaterThan(before + 1);
  });

  it.each([
    ['latest', ['02:00 missed', '03:00 succeeded']],
    ['all', ['01:00 succeeded', '02:00 succeeded', '03:00 succeeded']],
    ['skip', ['03:00 missed']],
  ] as const)('makes up what was missed when it is back: catchUp %s', async (catchUp, expected) => {
    const seen: boolean[] = [];
    const { schedule } = await world(context => seen.push(context.catchUp), {
      catchUp,
      catchUpWindow: '24h',
    });
    await schedule.loseLeadership();
    await schedule.advance('3h30m');
    await schedule.becomeLeader();
    expect(hours(schedule)).toEqual(expected);
    expect(seen.every(Boolean)).toBe(true);
    await schedule.advance('30m');
    expect(hours(schedule).at(-1)).toBe('04:00 succeeded');
  });

  it('may be lost while a handler is at work: it goes on and keeps its run-lock', async () => {
    const aborted: boolean[] = [];
    const { schedule, app } = await world(
      async ({ signal }) => {
        await schedule.loseLeadership();
        await schedule.sleep('90m');
        aborted.push(signal.aborted);
      },
      { testing: { patience: '20s' } },
    );
    await schedule.advance('1h');
    await schedule.becomeLeader();
    expect(await app.get(ScheduleService).running()).toMatchObject([{ job: 'job' }]);
    await schedule.advance('89m');
    expect([aborted, hours(schedule)]).toEqual([[], ['02:00 skipped']]);
    await schedule.advance('1m');
    expect([aborted, hours(schedule)]).toEqual([[false], ['02:00 skipped', '01:00 succeeded']]);
  });

  it('is back one ttl after the application resigned', async () => {
    const { schedule, app } = await world(() => undefined, { module: { leader: { ttl: '30s' } } });
    const leader = app.get(LeaderService);
    await leader.resign();
    expect(leader.isLeader()).toBe(false);
    await schedule.becomeLeader();
    expect(leader.isLeader()).toBe(true);
    expect(schedule.now.getTime() - Date.parse(NOW)).toBeGreaterThanOrEqual(30_000);
  });
});

describe('a tick that a test runs', () => {
  it('runs now, for the handler one of the schedule at its moment', async () => {
    const seen: JobContext[] = [];
    const { schedule } = await world(context => seen.push(context), { cron: '0 0 1 1 *' });
    const run = await schedule.runTick('job', '2030-06-01T03:00:00Z');
    expect(seen).toMatchObject([
      {
        tick: new Date('2030-06-01T03:00:00Z'),
        scheduledAt: new Date('2030-06-01T03:00:00Z'),
        startedAt: new Date(NOW),
        idempotencyKey: 'job:2030-06-01T03:00:00.000Z',
        attempt: 1,
        catchUp: false,
        recovering: false,
      },
    ]);
    expect(run).toMatchObject({ job: 'job', outcome: 'succeeded', manual: true, runId: seen[0]?.runId });
    expect([schedule.runs, schedule.now]).toEqual([[run], new Date(NOW)]);
  });

  it('may be one that is made up, or that crashed before', async () => {
    const seen: unknown[] = [];
    const { schedule } = await world(({ catchUp, recovering, attempt }) =>
      seen.push([catchUp, recovering, attempt]),
    );
    await schedule.runTick('job', new Date(NOW), { catchUp: true });
    await schedule.runTick('job', new Date(NOW), { recovering: true });
    expect(seen).toEqual([
      [true, false, 1],
      [false, true, 2],
    ]);
  });

  it('ends as the handler says, with the error on record', async () => {
    const { schedule } = await world(() => {
      throw new TypeError('out of paper');
    });
    expect(await schedule.runTick('job')).toMatchObject({
      outcome: 'failed',
      error: { name: 'TypeError', message: 'out of paper' },
    });
  });

  it('has time go on as far as it needs', async () => {
    const { schedule } = await world(
      async ({ attempt }) => {
        await schedule.sleep('1m');
        if (attempt === 1) throw new Error('not yet');
      },
      { cron: '0 0 1 1 *', retry: { attempts: 2, backoff: '30s' } },
    );
    const run = await schedule.runTick('job');
    expect(run).toMatchObject({ outcome: 'succeeded', attempts: 2, durationMs: 150_000 });
    expect(schedule.now).toEqual(new Date('2030-01-01T00:02:30Z'));
  });

  it('goes on when it has not ended an hour later', async () => {
    const { schedule } = await world(() => schedule.sleep('61m'), { cron: '0 0 1 1 *' });
    expect(await schedule.runTick('job')).toMatchObject({ outcome: 'running' });
    await schedule.advance('61m');
    expect(schedule.runs).toMatchObject([{ outcome: 'succeeded' }]);
  });

  it('is skipped while an earlier run goes on', async () => {
    const { schedule } = await world(() => schedule.sleep('30m'));
    await schedule.advance('1h');
    expect(await schedule.runTick('job')).toMatchObject({ outcome: 'skipped', reason: 'running' });
  });

  it('is skipped, and not recorded, on a pod that does not lead', async () => {
    const { schedule } = await world(() => undefined, { testing: { leader: false } });
    expect(await schedule.runTick('job')).toMatchObject({ outcome: 'skipped', reason: 'not-leader' });
    expect(schedule.runs).toEqual([]);
  });

  it('is refused for a job that there is not, naming those there are', async () => {
    const { schedule } = await world(() => undefined);
    await expect(schedule.runTick('jobs')).rejects.toMatchObject({
      code: 'UNKNOWN_JOB',
      message: expect.stringMatching(/'jobs'.*There are job/),
    });
    expect(() => schedule.runsOf('jobs')).toThrow(/'jobs'/);
  });

  it('is refused for a moment that is none', async () => {
    const { schedule } = await world(() => undefined);
    await expect(schedule.runTick('job', 'noon')).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('is refused unless an application runs', async () => {
    const { schedule, app } = await world(() => undefined);
    await expect(new ScheduleTesting().runTick('job')).rejects.toMatchObject({ code: 'NOT_STARTED' });
    await app.close();
    await expect(schedule.runTick('job')).rejects.toMatchObject({ code: 'NOT_STARTED' });
  });
});

describe('an application under test', () => {
  it.each(['redis', 'ram'] as const)('needs no Redis in mode %s', async mode => {
    const { schedule } = await world(() => undefined, {
      module: { mode, ...(mode === 'redis' && { redis: 'redis://127.0.0.1:1' }) },
    });
    await schedule.advance('1h');
    expect(hours(schedule)).toEqual(['01:00 succeeded']);
  });

  it('still has its options checked', async () => {
    await expect(world(() => undefined, { module: { leader: { ttl: '1s' } } })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });

  it('closes in the middle of a run without waiting in real time', async () => {
    const seen: string[] = [];
    const { schedule, app } = await world(
      async ({ signal }) => {
        await schedule.sleep('10m');
        seen.push(`ended ${signal.aborted}`);
      },
      { module: { shutdown: { drainTimeout: '15m' } }, testing: { patience: '20s' } },
    );
    await schedule.advance('1h');
    const startedAt = performance.now();
    await app.close();
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(seen).toEqual(['ended false']);
    expect(hours(schedule)).toEqual(['01:00 succeeded']);
  });

  it('closes though a handler never ends, after the drain timeout of virtual time', async () => {
    const { schedule, app } = await world(() => schedule.sleep(Infinity), {
      module: { shutdown: { drainTimeout: '15m' } },
    });
    await schedule.advance('1h');
    await app.close();
    expect(schedule.runs).toMatchObject([{ outcome: 'aborted', error: { name: 'ShutdownError' } }]);
    expect(app.get(SchedulerRegistry).getCronJobs().size).toBe(0);
  });

  it('leaves nothing behind that keeps the process alive', async () => {
    const active = () => process.getActiveResourcesInfo().filter(name => /Timeout|Immediate|TCP/.test(name));
    const before = active();
    const { schedule, app } = await world(() => schedule.sleep('90m'), { initialDelay: '10m' });
    await schedule.advance('1h');
    await app.close();
    // The turns that the shutdown took come to their end.
    await schedule.advance(0);
    expect(active()).toEqual(before);
  });

  it('lives beside another one in the same process', async () => {
    const first = await world(() => undefined);
    const second = await world(() => undefined, { testing: { now: '2031-01-01' } });
    await first.schedule.advance('2h');
    await second.schedule.advance('1h');
    expect(hours(first.schedule)).toEqual(['01:00 succeeded', '02:00 succeeded']);
    expect(second.schedule.runs.map(({ tick }) => tick.toISOString())).toEqual(['2031-01-01T01:00:00.000Z']);
    expect(first.app.get(LeaderService).isLeader() && second.app.get(LeaderService).isLeader()).toBe(true);
  });

  it('that follows one that was closed makes up what was missed between them', async () => {
    const { schedule, app } = await world(() => undefined);
    await schedule.advance('1h');
    await app.close();
    await schedule.advance('2h30m');
    await boot(
      schedule,
      jobs(() => undefined),
    );
    await schedule.advance(0);
    expect(hours(schedule)).toEqual(['01:00 succeeded', '02:00 missed', '03:00 succeeded']);
    expect(schedule.runs.map(({ podId }) => podId)).toEqual(['pod-1', 'pod-2', 'pod-2']);
  });

  it('is the only one at its time', async () => {
    const { schedule } = await world(() => undefined);
    expect(() => schedule.attach(Test.createTestingModule({}))).toThrow(/has not been closed/);
  });
});

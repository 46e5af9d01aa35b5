import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Injectable } from '@nestjs/common';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { CronTime } from 'cron';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import {
  currentJob,
  LeaderCron,
  LeaderInterval,
  LeaderService,
  OnLeaderElected,
  OnLeaderLost,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
  type JobContext,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

const NEVER = '0 0 0 29 2 *';
const requests = new AsyncLocalStorage<object>();
const collectGarbage = exposedGc();

/** The request that code of the application saw, by the name of the code. */
const seen: { readonly who: string; readonly request: object | undefined }[] = [];
const note = (who: string) => void seen.push({ who, request: requests.getStore() });
const countOf = (who: string) => seen.filter(one => one.who === who).length;
const apps: BootedApp[] = [];
let server: RedisServer | undefined;
let schedulers = 0;

@Injectable()
class Jobs {
  @LeaderInterval('100ms', { name: 'ticking' })
  ticking({ signal }: JobContext) {
    note(`ticking in ${currentJob()?.job}`);
    signal.addEventListener('abort', () => note('signal'));
  }

  @LeaderCron(NEVER, { name: 'waiting', retry: { attempts: 2, backoff: '20ms' } })
  async waiting({ attempt, signal }: JobContext) {
    note('waiting');
    if (attempt === 1) throw new Error('again');
    await new Promise<void>(resolve =>
      signal.addEventListener('abort', () => {
        note('signal');
        resolve();
      }),
    );
  }

  @LeaderCron(NEVER, { name: 'now' })
  now() {
    note('now');
  }
}

@Injectable()
class Listeners {
  @OnLeaderElected()
  elected() {
    note('elected');
  }

  @OnLeaderLost()
  lost() {
    note('lost');
  }

  @OnEvent('**')
  emitted() {
    note('emitter');
  }
}

async function boot(mode: 'ram' | 'redis') {
  schedulers += 1;
  const shutdown = { drainTimeout: '50ms' };
  const leader = { ttl: '3s', interval: '500ms', key: `context-${schedulers}` };
  const options: ScheduleModuleOptions =
    mode === 'ram' ? { mode, leader, shutdown } : { mode, leader, shutdown, redis: server?.url ?? '' };
  const app = await bootApp({
    imports: [ScheduleModule.forRoot(options), EventEmitterModule.forRoot({ wildcard: true })],
    providers: [Jobs, Listeners],
  });
  apps.push(app);
  seen.length = 0;
  const schedule = app.get(ScheduleService);
  const leading = app.get(LeaderService);
  schedule.events.subscribe(() => note('events'));
  leading.changes.subscribe(() => note('changes'));
  await leading.waitForLeadership();
  await eventually(() => countOf('ticking in ticking') > 1, { what: 'a job ticks' });
  seen.length = 0;
  return { app, schedule, leading };
}

type Booted = Awaited<ReturnType<typeof boot>>;

/** Calls that a request may make, and the code that runs because of them, now and ever after. */
const calls: readonly (readonly [string, (booted: Booted) => unknown, readonly string[]])[] = [
  ['reschedule', ({ schedule }) => schedule.reschedule('now', '@every 50ms'), ['now', 'events']],
  ['create', ({ schedule }) => schedule.create('made', '@every 50ms', () => note('made')), ['made']],
  ['runAndWait', ({ schedule }) => schedule.runAndWait('now'), ['now', 'events', 'emitter']],
  ['runNow of a run that is retried', ({ schedule }) => schedule.runNow('waiting'), ['waiting']],
  ['resign', ({ leading }) => leading.resign(), ['lost', 'elected', 'changes', 'emitter']],
  [
    'pause and resume',
    async ({ schedule }) => {
      await schedule.pause('ticking');
      await schedule.resume('ticking');
    },
    ['events', 'emitter'],
  ],
  [
    'CronJob.stop and start',
    ({ app }) => {
      const job = app.get(SchedulerRegistry).getCronJob('ticking');
      void job.stop();
      job.start();
    },
    [],
  ],
  [
    'CronJob.setTime',
    ({ app }) => app.get(SchedulerRegistry).getCronJob('now').setTime(new CronTime('* * * * * *')),
    ['now'],
  ],
  ['CronJob.fireOnTick', ({ app }) => app.get(SchedulerRegistry).getCronJob('now').fireOnTick(), ['now']],
  ['status', ({ schedule }) => schedule.status(), []],
  ['jobs', ({ schedule }) => schedule.jobs(), []],
  ['history', ({ schedule }) => schedule.history(), []],
  ['running', ({ schedule }) => schedule.running(), []],
  ['leader', ({ leading }) => leading.current(), []],
  ['remove', ({ schedule }) => schedule.remove('now'), []],
];

/** Goes on ticking, and whatever else the call sets in motion happens, twice where it may. */
async function expectNothingOf(request: object, awaited: readonly string[]) {
  await eventually(() => awaited.every(who => countOf(who) > 0), { what: `${awaited.join()} are called` });
  const ticked = countOf('ticking in ticking');
  await eventually(() => countOf('ticking in ticking') > ticked + 2, { what: 'a job ticks' });
  expect(seen.filter(one => one.request === request).map(({ who }) => who)).toEqual([]);
  expect(new Set(seen.map(one => one.request))).toEqual(new Set([undefined]));
}

function suite(mode: 'ram' | 'redis') {
  it.each(calls)('by %s', async (_, call, awaited) => {
    const booted = await boot(mode);
    const request = { user: 'anna' };
    await requests.run(request, () => call(booted));
    await expectNothingOf(request, awaited);
  });

  it('by an abort, or by the close of the application', async () => {
    const { app, schedule } = await boot(mode);
    const request = { user: 'anna' };
    await requests.run(request, async () => {
      const { requestId } = await schedule.runNow('waiting');
      await eventually(() => countOf('waiting') === 2, { what: 'a run waits' });
      await schedule.abortRun(requestId);
    });
    await expectNothingOf(request, ['signal']);
    seen.length = 0;
    await schedule.runNow('waiting');
    await eventually(() => countOf('waiting') === 2, { what: 'a run waits' });
    await requests.run(request, () => app.close());
    expect(countOf('signal')).toBe(1);
    expect(new Set(seen.map(one => one.request))).toEqual(new Set([undefined]));
  });

  it('and nothing of the request is kept alive', async () => {
    const booted = await boot(mode);
    const refs = calls.map(([name, call]) => {
      const request = { user: name };
      // The last one takes a job away, which others need.
      if (name !== 'remove' && name !== 'resign') void requests.run(request, () => call(booted));
      return new WeakRef(request);
    });
    await eventually(() => countOf('made') > 2, { what: 'the job that was created ticks' });
    await eventually(
      () => {
        collectGarbage();
        return refs.every(ref => ref.deref() === undefined);
      },
      { what: 'requests that have ended are collected', every: 50 },
    );
  });
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('in RAM mode handlers, timers and listeners do not get into the context of a request', () => {
  suite('ram');
});

describeWithRedis(
  'in Redis mode handlers, timers and listeners do not get into the context of a request',
  () => {
    beforeAll(async () => {
      server = await RedisServer.start();
    });
    afterAll(async () => server?.dispose());
    suite('redis');
  },
);

describe('an application that is made in a context', () => {
  it('has that one everywhere', async () => {
    const home = { name: 'home' };
    const { schedule, leading } = await requests.run(home, () => boot('ram'));
    seen.length = 0;
    await requests.run({ user: 'anna' }, () => schedule.runAndWait('now'));
    await requests.run({ user: 'anna' }, () => leading.resign());
    await eventually(() => countOf('elected') > 0);
    expect(new Set(seen.map(one => one.request))).toEqual(new Set([home]));
  });
});

/** The collector of this process, which is otherwise not to be called. */
function exposedGc(): () => void {
  setFlagsFromString('--expose_gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('There is no gc');
  return () => void gc();
}

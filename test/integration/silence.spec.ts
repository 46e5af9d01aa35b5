import { afterEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type ScheduleEvent,
  type ScheduleModuleOptions,
} from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { useRedisServer } from '../support/use-redis-server.js';

const calls: JobContext[] = [];
let whileRunning: () => Promise<unknown> = () => Promise.resolve();

@Injectable()
class Jobs {
  @LeaderCron('* * * * * *', { name: 'often' })
  async run(context: JobContext): Promise<void> {
    calls.push(context);
    await whileRunning();
  }
}

/** Generous: the machine may be busy. A ttl is longer than that, so that nothing waits for one unnoticed. */
const WITHIN = { within: 20 * SECOND };
const LONG = { interval: '5s', ttl: '60s' } as const;
const apps: BootedApp[] = [];
const redisServer = useRedisServer();

afterEach(async () => {
  whileRunning = () => Promise.resolve();
  calls.length = 0;
  await Promise.all(apps.splice(0).map(app => app.close()));
  await redisServer().command('FLUSHALL');
});

const boot = async (leader: NonNullable<ScheduleModuleOptions['leader']>) => {
  const options = { appName: 'silence', redis: redisServer().url, leader };
  const app = await bootApp({ imports: [ScheduleModule.forRoot(options)], providers: [Jobs] });
  apps.push(app);
  const events: ScheduleEvent[] = [];
  app.get(ScheduleService).events.subscribe(event => events.push(event));
  return { app, events };
};

const runs = (count: number) =>
  eventually(() => calls.length >= count, { ...WITHIN, what: `${count} runs have started` });

const now = async () => Number(((await redisServer().command('TIME')) as [string])[0]) * 1000;

/** No pod leads meanwhile. */
const missTicks = async () => {
  const from = await now();
  await eventually(async () => (await now()) >= from + 3000, { ...WITHIN, what: 'ticks are missed' });
};

describeWithRedis('a job', () => {
  it.each([
    ['is replaced by a value of another type', 'runs', 'another type'],
    ['is deleted', 'runs', ''],
  ])('goes on with its next tick when the record of its run %s meanwhile', async (_, name, value) => {
    const { app, events } = await boot(LONG);
    await runs(2);
    const key = `{scheduler:silence:leader}:${name}:often`;
    let isTampered = false;
    whileRunning = async () => {
      if (isTampered) return;
      isTampered = true;
      await redisServer().command('DEL', key);
      if (value !== '') await redisServer().command('SET', key, value);
    };
    await eventually(() => isTampered && app.get(LeaderService).isLeader());
    if (value !== '') {
      const isReported = () => events.some(({ type }) => type === 'job.blocked');
      await eventually(isReported, { ...WITHIN, what: 'it is reported that the end is not recorded' });
      await redisServer().command('DEL', key);
    }
    await eventually(() => events.some(({ type }) => type === 'job.stale'), { ...WITHIN, what: 'job.stale' });
    const before = calls.length;
    await runs(before + 2);
  });

  it.each(['runs', 'index'])(
    'costs the other jobs no term while a key of its own (%s) has another type',
    async name => {
      const leader = { interval: '300ms', ttl: '1s' };
      const pods = [await boot(leader), await boot(leader)];
      const bad: number[] = [];
      for (const { app } of pods)
        app.get(ScheduleService).create('bad', '* * * * * *', ({ tick }) => void bad.push(tick.getTime()));
      await eventually(() => bad.length > 0, { ...WITHIN, what: 'the job has started' });
      const eventsOf = (type: ScheduleEvent['type']) =>
        pods.flatMap(({ events }) => events.filter(event => event.type === type));
      const key = `{scheduler:silence:leader}:${name}:bad`;
      await redisServer().command('DEL', key);
      await redisServer().command('SET', key, 'word');
      // Each of them asks the leader to resign.
      await eventually(() => eventsOf('job.overdue').length >= 3, {
        ...WITHIN,
        what: 'it is overdue for long',
      });
      await runs(calls.length + 2);
      expect(eventsOf('leader.lost')).toEqual([]);
      expect(eventsOf('job.blocked')).toMatchObject([{ job: 'bad' }]);
      const before = bad.length;
      await redisServer().command('DEL', key);
      await eventually(() => bad.length > before, { ...WITHIN, what: 'it starts again when corrected' });
      expect(eventsOf('leader.lost')).toEqual([]);
    },
    60_000,
  );
});

describeWithRedis('a job after a silence', () => {
  it('runs nothing of the past in a script of the same application, which closes at once', async () => {
    const first = await boot({ interval: '3s', ttl: '10s' });
    await runs(1);
    await first.app.close();
    await missTicks();
    const before = calls.length;
    whileRunning = () => new Promise(() => undefined);
    const { app: script } = await boot({ interval: '3s', ttl: '10s' });
    await script.get(LeaderService).waitForLeadership();
    await eventually(async () => (await script.get(ScheduleService).status()).isLeader);
    const closedAt = performance.now();
    await script.close();
    expect(performance.now() - closedAt).toBeLessThan(2000);
    expect(calls).toHaveLength(before);
    whileRunning = () => Promise.resolve();
    const bootedAt = performance.now();
    await boot({ interval: '3s', ttl: '10s' });
    await runs(before + 1);
    expect(performance.now() - bootedAt).toBeGreaterThan(2900);
    expect(calls[before]?.catchUp).toBe(true);
  });

  it('is overdue in the first answer of status(), when its leader has run nothing for long', async () => {
    const { app } = await boot({ interval: '300ms', ttl: '1s' });
    await runs(1);
    const bootedAt = performance.now();
    // As a leader writes it that has just been elected, and whose presence no pod sees.
    const term = ['holder', 'zombie', 'token', '1000000000000000', 'presence', '0'];
    await redisServer().command('SET', 'scheduler:silence:leader', 'zombie|1000000000000000', 'PX', 60_000);
    await redisServer().command('HSET', '{scheduler:silence:leader}:term', ...term);
    await eventually(() => performance.now() - bootedAt > 9000, { ...WITHIN, what: 'it is overdue' });
    const { overdue } = await app.get(ScheduleService).status();
    expect(overdue).toMatchObject([{ job: 'often' }]);
  });
});

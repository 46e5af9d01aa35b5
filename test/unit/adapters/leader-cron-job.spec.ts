import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CronTime } from 'cron';

import { LeaderCronJob } from '../../../lib/adapters/registry/leader-cron-job.js';
import { CronSchedule } from '../../../lib/core/cron-schedule.js';
import type { Wake } from '../../../lib/ports/ticker.js';
import { eventually } from '../../support/eventually.js';

let now: number;
let wakes: Wake[];
let cronJob: LeaderCronJob;

beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
  wakes = [];
  cronJob = cronJobOf(CronSchedule.parse('0 0 1 1 *', { timeZone: 'UTC' }));
});

afterEach(() => void cronJob.stop());

function cronJobOf(schedule: CronSchedule): LeaderCronJob {
  return new LeaderCronJob(
    { name: 'job', schedule, unrefTimeout: true },
    () => now,
    wake => wakes.push(wake),
  );
}

it('is there when its only date has come: a leader that comes later makes it up', async () => {
  now = Date.now();
  const once = cronJobOf(CronSchedule.parse(new Date(now + 20)));
  once.begin();
  await eventually(() => wakes.length === 1, { every: 5 });
  now += 1000;
  expect([once.isActive, once.fires]).toEqual([false, false]);
  expect(once.pace).toMatchObject({ startedAt: -Infinity });
  void once.stop();
  expect(once.pace).toBeUndefined();
});

it('begins with an application that starts after its only date, and wakes nobody', () => {
  const once = cronJobOf(CronSchedule.parse(new Date(now - 1000)));
  once.begin();
  expect(once.isActive).toBe(false);
  expect(once.pace).toMatchObject({ startedAt: -Infinity });
});

it('wakes nobody when it begins with the application: a new leader looks at every job', () => {
  cronJob.begin();
  expect(wakes).toEqual([]);
  expect(cronJob.pace).toMatchObject({ startedAt: -Infinity });
});

it('wakes the engine when it is started by hand or after its delay, before its first tick', () => {
  cronJob.start();
  expect(wakes).toMatchObject([{ cause: 'timer', startedAt: now }]);
  cronJob.start();
  expect(wakes).toHaveLength(1);
});

it('wakes the engine when it is started again, from that moment on', () => {
  cronJob.begin();
  void cronJob.stop();
  now += 5000;
  cronJob.start();
  expect(wakes).toMatchObject([{ cause: 'timer', startedAt: now }]);
});

it('wakes the engine with its new schedule when it is rescheduled while it runs', () => {
  cronJob.begin();
  now += 5000;
  cronJob.setTime(new CronTime('0 12 * * *', 'UTC'));
  expect(wakes).toHaveLength(1);
  expect(wakes[0]?.schedule.source).toBe('0 12 * * *');
  expect(cronJob.pace?.startedAt).toBe(now);
});

it('wakes nobody when it is rescheduled while it is stopped', () => {
  cronJob.setTime(new CronTime('0 12 * * *', 'UTC'));
  expect(wakes).toEqual([]);
  expect(cronJob.pace).toBeUndefined();
});

it('tells a firing by hand from one of its timer', async () => {
  cronJob.begin();
  await cronJob.fireOnTick();
  expect(wakes).toMatchObject([{ cause: 'manual' }]);
});

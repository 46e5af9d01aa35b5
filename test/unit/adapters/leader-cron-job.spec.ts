import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CronTime } from 'cron';

import { LeaderCronJob } from '../../../lib/adapters/registry/leader-cron-job.js';
import { CronSchedule } from '../../../lib/core/cron-schedule.js';
import { BUILT_IN_POLICY } from '../../../lib/core/job-policy-options.js';
import type { Wake } from '../../../lib/ports/ticker.js';

let now: number;
let wakes: Wake[];
let cronJob: LeaderCronJob;

beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
  wakes = [];
  const job = {
    name: 'yearly',
    schedule: CronSchedule.parse('0 0 1 1 *', { timeZone: 'UTC' }),
    handler: () => undefined,
    policy: BUILT_IN_POLICY,
    disabled: false,
    initialDelayMs: 0,
    unrefTimeout: true,
    thresholdMs: Infinity,
  };
  cronJob = new LeaderCronJob(
    job,
    () => now,
    wake => wakes.push(wake),
  );
});

afterEach(() => void cronJob.stop());

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

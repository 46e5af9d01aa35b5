import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CronTime } from 'cron';

import { LeaderCronJob } from '../../../../lib/adapters/registry/leader-cron-job.js';
import { SystemClock } from '../../../../lib/adapters/system/system-clock.js';
import { CronSchedule } from '../../../../lib/core/schedule/cron-schedule.js';
import { IntervalSchedule } from '../../../../lib/core/schedule/interval-schedule.js';
import { NO_SCHEDULE } from '../../../../lib/core/schedule/no-schedule.js';
import type { Schedule } from '../../../../lib/core/schedule/schedule.js';
import { TermSchedule } from '../../../../lib/core/schedule/term-schedule.js';
import type { Wake } from '../../../../lib/ports/ticker.js';
import { eventually } from '../../../support/eventually.js';
import { HOUR, MINUTE } from '../../../support/durations.js';

let now: number;
let wakes: Wake[];
let cronJob: LeaderCronJob;

beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
  wakes = [];
  cronJob = cronJobOf(CronSchedule.parse('0 0 1 1 *', { timeZone: 'UTC' }));
});

afterEach(() => void cronJob.stop());

function cronJobOf(schedule: Schedule): LeaderCronJob {
  return new LeaderCronJob(
    { name: 'job', schedule, unrefTimeout: true },
    { clock: new SystemClock(), now: () => now },
    wake => wakes.push(wake),
  );
}

it('is there when its only date has come: a leader that comes later catches it up', async () => {
  now = Date.now();
  const once = cronJobOf(CronSchedule.parse(new Date(now + 20)));
  once.begin();
  now += 1000;
  await eventually(() => wakes.length === 1, { every: 5 });
  expect([once.isActive, once.fires]).toEqual([false, false]);
  expect(once.activeSchedule).toMatchObject({ startedAt: -Infinity });
  void once.stop();
  expect(once.activeSchedule).toBeUndefined();
});

it('begins with an application that starts after its only date, and does not wake the engine', () => {
  const once = cronJobOf(CronSchedule.parse(new Date(now - 1000)));
  once.begin();
  expect(once.isActive).toBe(false);
  expect(once.activeSchedule).toMatchObject({ startedAt: -Infinity });
});

it('does not wake the engine when it begins with the application: a new leader checks every job', () => {
  cronJob.begin();
  expect(wakes).toEqual([]);
  expect(cronJob.activeSchedule).toMatchObject({ startedAt: -Infinity });
});

it('wakes the engine when a user starts it, before its first tick', () => {
  cronJob.start();
  expect(wakes).toMatchObject([{ cause: 'timer', startedAt: now }]);
  cronJob.start();
  expect(wakes).toHaveLength(1);
});

it('wakes the engine when it begins after its delay: what was due in it is its own', () => {
  cronJob.beginLate();
  expect(wakes).toMatchObject([{ cause: 'timer', startedAt: -Infinity }]);
  cronJob.beginLate();
  expect(wakes).toHaveLength(1);
});

it('counts from no later than now when the time turns out to be earlier than it was started at', () => {
  const ahead = HOUR;
  now += ahead;
  cronJob.start();
  now -= ahead;
  const known = now;
  expect(cronJob.activeSchedule).toMatchObject({ startedAt: known });
  now += 5000;
  expect(cronJob.activeSchedule).toMatchObject({ startedAt: known });
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
  expect(cronJob.activeSchedule?.startedAt).toBe(now);
});

it('does not wake the engine when it is rescheduled while it is stopped', () => {
  cronJob.setTime(new CronTime('0 12 * * *', 'UTC'));
  expect(wakes).toEqual([]);
  expect(cronJob.activeSchedule).toBeUndefined();
});

it('distinguishes a manual firing from one of its timer', async () => {
  cronJob.begin();
  await cronJob.fireOnTick();
  expect(wakes).toMatchObject([{ cause: 'manual' }]);
});

it('shows the ticks of an interval, below a second too, as those of a cron job', () => {
  const often = cronJobOf(new IntervalSchedule(250));
  expect(often.nextDate().toMillis()).toBe(now + 250);
  expect(often.nextDates(3).map(date => date.toMillis())).toEqual([now + 250, now + 500, now + 750]);
  expect(often.cronTime.source).toBe('@every 250ms');
});

it('wakes the engine at each tick of an interval', async () => {
  const often = new LeaderCronJob(
    { name: 'job', schedule: new IntervalSchedule(20), unrefTimeout: true },
    { clock: new SystemClock(), now: () => Date.now() },
    wake => wakes.push(wake),
  );
  often.begin();
  await eventually(() => wakes.length >= 3, { every: 5 });
  void often.stop();
  expect(wakes[0]).toMatchObject({ cause: 'timer' });
});

describe('a tick that falls due between two readings of the clock', () => {
  let fire: () => void;

  /** A timer that is fired by the test; the time of ticks goes on by 1 ms with every reading. */
  function beginAt(start: number): void {
    now = start;
    const clock = {
      timer: (_: number, onFire: () => void) => ((fire = onFire), { cancel: () => undefined }),
    };
    const often = new LeaderCronJob(
      { name: 'job', schedule: new IntervalSchedule(1000), unrefTimeout: true },
      { clock, now: () => now++ },
      wake => wakes.push(wake),
    );
    often.begin();
  }

  it('wakes the engine when it was not due yet as its timer fired', () => {
    const tick = Date.UTC(2030, 0, 1);
    beginAt(tick - 500);
    now = tick - 1;
    fire();
    fire();
    expect(wakes).toHaveLength(1);
  });

  it('wakes the engine when the timer was set a moment after it was computed', () => {
    const tick = Date.UTC(2030, 0, 1);
    beginAt(tick - 500);
    now = tick;
    fire();
    expect(wakes).toHaveLength(1);
  });
});

describe('a job that is switched off', () => {
  const off = () => {
    const job = cronJobOf(NO_SCHEDULE);
    job.begin();
    return job;
  };

  it('stands in no timer, has no next date and can be fired manually', async () => {
    const job = off();
    expect([job.isActive, job.fires, job.nextDates(2)]).toEqual([false, false, []]);
    expect(() => job.nextDate()).toThrow(/no tick to come \(received '-'\)/);
    await job.fireOnTick();
    expect(wakes).toMatchObject([{ cause: 'manual', schedule: NO_SCHEDULE }]);
  });

  it('ticks from the moment on at which it is given a schedule', () => {
    const job = off();
    job.setTime(new CronTime('0 12 * * *', 'UTC'));
    expect(job.isActive).toBe(true);
    expect(wakes).toMatchObject([{ cause: 'timer', startedAt: now }]);
    void job.stop();
  });
});

it('goes on with an expression after a date', () => {
  const once = cronJobOf(CronSchedule.parse(new Date(now + MINUTE)));
  expect(once.runOnce).toBe(true);
  once.setTime(new CronTime('0 12 * * *', 'UTC'));
  expect(once.runOnce).toBe(false);
});

it('has a tick once a term, and waits for it only in one', () => {
  const perTerm = cronJobOf(new TermSchedule(5000));
  perTerm.begin();
  expect([perTerm.isActive, perTerm.nextDates(1)]).toEqual([true, []]);
  perTerm.setTerm(now);
  expect(perTerm.nextDates(2).map(date => date.toMillis())).toEqual([now + 5000]);
  perTerm.setTerm(undefined);
  expect([perTerm.isActive, perTerm.nextDates(1)]).toEqual([true, []]);
  void perTerm.stop();
});

it('stays stopped through a change of term', () => {
  const perTerm = cronJobOf(new TermSchedule(5000));
  perTerm.setTerm(now);
  expect(perTerm.isActive).toBe(false);
});

it('follows the schedule of an override without a report, and its ticks begin where they did', () => {
  cronJob.begin();
  cronJob.reschedule(CronSchedule.parse('* * * * *', { timeZone: 'UTC' }));
  expect(wakes).toEqual([]);
  expect(cronJob.isActive).toBe(true);
  expect(cronJob.activeSchedule).toMatchObject({ startedAt: -Infinity, schedule: { source: '* * * * *' } });
});

it('stays stopped when it gets an override', () => {
  cronJob.reschedule(CronSchedule.parse('* * * * *', { timeZone: 'UTC' }));
  expect([cronJob.isActive, cronJob.activeSchedule]).toEqual([false, undefined]);
});

import { describe, expect, it } from '@jest/globals';
import { CronTime } from 'cron';

import { LeaderCronJob } from '../../../../lib/adapters/registry/leader-cron-job.js';
import { SystemClock } from '../../../../lib/adapters/system/system-clock.js';
import { CronSchedule } from '../../../../lib/core/schedule/cron-schedule.js';
import { InvalidCronError } from '../../../../lib/core/errors/errors.js';
import type { Wake } from '../../../../lib/ports/ticker.js';
import { DAY, HOUR, MINUTE, SECOND } from '../../../support/durations.js';

const utc = (text: string): number => Date.parse(`${text}Z`);

function ticks(schedule: CronSchedule, from: number, until: number): number[] {
  const found: number[] = [];
  for (let tick = schedule.next(from); tick !== undefined && tick <= until; tick = schedule.next(tick))
    found.push(tick);
  return found;
}

/** `01:30-04:00` */
function local(timeZone: string, at: number): string {
  const format = new Intl.DateTimeFormat('sv', { timeZone, timeStyle: 'short' });
  const offset = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).format(at);
  return format.format(at) + (offset.split('GMT')[1] ?? '');
}

describe('around a change of clocks', () => {
  it.each([
    ['30 1 * * *', 'America/New_York', '2026-11-01T04:30', 3.4, '01:30-04:00'],
    ['0 1,2 * * *', 'America/New_York', '2026-11-01T04:30', 3.4, '01:00-04:00 02:00-05:00'],
    ['0 0-22 * * *', 'America/New_York', '2026-11-01T04:30', 2.4, '01:00-04:00'],
    ['*/30 1,2 * * *', 'America/New_York', '2026-11-01T06:10', 1.7, '02:00-05:00 02:30-05:00'],
    ['0 */2 * * *', 'America/New_York', '2026-11-01T04:30', 3.4, '02:00-05:00'],
    ['30 * * * *', 'America/New_York', '2026-11-01T04:30', 3.4, '01:30-04:00 01:30-05:00 02:30-05:00'],
    ['45 1 * * *', 'Australia/Lord_Howe', '2027-04-03T13:50', 3.4, '01:45+11:00'],
    ['0 * * * *', 'Australia/Lord_Howe', '2027-04-03T13:50', 3.4, '01:00+11:00 02:00+10:30 03:00+10:30'],
    ['0 3 * * *', 'Pacific/Chatham', '2027-04-03T13:10', 3.4, '03:00+13:45'],
    ['30 2 * * *', 'America/New_York', '2026-03-08T06:10', 1.7, '03:00-04:00'],
    ['*/15 2 * * *', 'America/New_York', '2026-03-08T06:10', 1.7, '03:00-04:00'],
    ['0 2,3 * * *', 'America/New_York', '2026-03-08T06:10', 1.7, '03:00-04:00'],
    ['30 * * * *', 'America/New_York', '2026-03-08T06:10', 1.7, '01:30-05:00 03:30-04:00'],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T15:00', 1.7, '02:30+11:00'],
    ['0 0 * * *', 'America/Havana', '2026-03-08T04:30', 1.7, '01:00-04:00'],
    ['50 2 * * *', 'Pacific/Chatham', '2026-09-26T13:30', 1.7, '03:45+13:45'],
  ])('%s in %s after %sZ has these ticks in %f hours: %s', (expression, timeZone, from, hours, expected) => {
    const found = ticks(CronSchedule.parse(expression, { timeZone }), utc(from), utc(from) + hours * HOUR);
    expect(found.map(at => local(timeZone, at)).join(' ')).toBe(expected);
  });
});

describe('the ticks of a schedule', () => {
  it('catch up once on a day that a zone left out', () => {
    const schedule = CronSchedule.parse('0 */6 * * *', { timeZone: 'Pacific/Apia' });
    const found = ticks(schedule, utc('2011-12-30T05:00'), utc('2011-12-30T17:00'));
    expect(found).toEqual([utc('2011-12-30T10:00'), utc('2011-12-30T16:00')]);
  });

  it('are found far ahead, and again when the clocks go back into the day', () => {
    const schedule = CronSchedule.parse('0 * 29 10 *', { timeZone: 'Africa/Cairo' });
    expect(ticks(schedule, utc('2026-01-01T00:00'), utc('2027-01-01T00:00'))).toHaveLength(25);
    expect(ticks(schedule, utc('2026-10-29T20:30'), utc('2027-10-28T20:59'))).toEqual([
      utc('2026-10-29T21:00'),
    ]);
  });

  it.each(['0 0 29 2 *', '0 * 29 2 *'])(
    '%s are eight years apart where a leap year is left out',
    expression =>
      expect(CronSchedule.parse(expression, { timeZone: 'UTC' }).next(utc('2096-03-01T00:00'))).toBe(
        utc('2104-02-29T00:00'),
      ),
  );

  it.each([
    ['0 0-22 * * *', '2030-01-01T22:00', '2030-01-02T00:00'],
    ['0-58 * * * *', '2030-01-01T22:58', '2030-01-01T23:00'],
    ['0 0 1-30 * *', '2030-01-30T00:00', '2030-02-01T00:00'],
    ['0 0 1 1-11 *', '2030-11-01T00:00', '2031-01-01T00:00'],
    ['0 0 * * 0-5', '2030-01-04T00:00', '2030-01-06T00:00'],
    ['0 0 * * 5-7', '2030-01-04T00:00', '2030-01-05T00:00'],
    ['0 0 30 2 mon', '2030-02-25T00:00', '2031-02-03T00:00'],
    ['@weekdays', '2030-01-04T00:00', '2030-01-07T00:00'],
  ])('%s goes on after %s at %s', (expression, after, next) =>
    expect(CronSchedule.parse(expression, { timeZone: 'UTC' }).next(utc(after))).toBe(utc(next)),
  );

  it('come at a fixed distance from UTC when an offset is given', () =>
    expect(CronSchedule.parse('0 3 * * *', { utcOffset: -210 }).next(utc('2030-07-01T00:00'))).toBe(
      utc('2030-07-01T06:30'),
    ));

  it('are none after an instant that is none', () => {
    for (const instant of [Number.NaN, Infinity, -Infinity, 9e15])
      for (const expression of ['* * * * *', '0 3 * * *'])
        expect(CronSchedule.parse(expression, { timeZone: 'Europe/Berlin' }).next(instant)).toBeUndefined();
  });
});

describe('the newest tick', () => {
  const schedule = CronSchedule.parse('* * * 1 1 *', { timeZone: 'UTC' });

  it.each([
    ['2029-06-01T00:00', '2030-06-01T00:00', '2030-01-01T23:59:59'],
    ['2029-06-01T00:00', '2030-01-01T00:00', '2030-01-01T00:00'],
    ['2029-06-01T00:00', '2030-01-01T12:00:00.999', '2030-01-01T12:00:00'],
  ])('after %s until %s is %s', (after, until, newest) =>
    expect(schedule.latest(utc(after), utc(until))).toBe(utc(newest)),
  );

  it.each([
    ['2029-06-01T00:00', '2029-12-31T23:59:59.999'],
    ['2030-01-01T23:59:59', '2030-06-01T00:00'],
    ['2030-01-01T12:00', '2030-01-01T12:00'],
    ['2030-01-01T12:00', '2030-01-01T11:00'],
  ])('after %s until %s is none', (after, until) =>
    expect(schedule.latest(utc(after), utc(until))).toBeUndefined(),
  );
});

describe('a schedule', () => {
  it('has a fingerprint of expression and zone, or of the date', () => {
    const print = (...args: Parameters<typeof CronSchedule.parse>) => CronSchedule.parse(...args).fingerprint;
    expect(print('0 3 * * *', { timeZone: 'Europe/Berlin' })).toBe('0 3 * * * Europe/Berlin');
    expect(print('0 3 * * *', { utcOffset: 330 })).toBe('0 3 * * * UTC+5:30');
    expect(print('0 3 * * *')).toBe(`0 3 * * * ${new Intl.DateTimeFormat().resolvedOptions().timeZone}`);
    expect(print(new Date(utc('2030-01-01T00:00')))).toBe('2030-01-01T00:00:00.000Z');
  });

  it('takes an empty zone for UTC, as cron does', () =>
    expect(CronSchedule.parse('0 3 * * *', { timeZone: '' }).fingerprint).toBe('0 3 * * * UTC'));

  it.each([
    ['0 0 31 4,6,9,11 *', {}, /no month has such a day/],
    ['0 3 * * *', { utcOffset: 90.5 }, /invalid UTC offset.*"utcOffset":90\.5/],
    [new Date(Number.NaN), {}, /date is not valid/],
  ])('%s in %j is refused', (expression, zone, message) => {
    expect(() => CronSchedule.parse(expression, zone)).toThrow(InvalidCronError);
    expect(() => CronSchedule.parse(expression, zone)).toThrow(message);
  });

  it('is not read from a CronTime whose fields cannot be found', () => {
    const cronTime = new CronTime('* * * * *');
    Reflect.deleteProperty(cronTime, 'hour');
    expect(() => new CronSchedule(cronTime)).toThrow(InvalidCronError);
  });
});

describe('the CronJob of a leader job', () => {
  const timeZone = 'America/New_York';
  const now = utc('2030-11-03T05:10');
  const wakes: Wake[] = [];
  const cronJob = (...args: Parameters<typeof CronSchedule.parse>): LeaderCronJob => {
    const job = { name: 'Jobs.run', schedule: CronSchedule.parse(...args), unrefTimeout: false };
    return new LeaderCronJob(job, { clock: new SystemClock(), now: () => now }, wake => wakes.push(wake));
  };

  it('waits for and lists the ticks of the schedule, also where the clocks go back', () => {
    const job = cronJob('*/30 * * * *', { timeZone });
    expect(job.cronTime).toMatchObject({ source: '*/30 * * * *', timeZone });
    expect(job.cronTime.getTimeout()).toBe(20 * MINUTE);
    expect(job.nextDate().toISO()).toBe('2030-11-03T01:30:00.000-04:00');
    expect(
      job
        .nextDates(4)
        .map(date => date.toFormat('HH:mmZZ'))
        .join(' '),
    ).toBe('01:30-04:00 01:00-05:00 01:30-05:00 02:00-05:00');
    expect(job.nextDates()).toEqual(new CronTime('* * * * *').sendAt(0));
  });

  it.each([{ utcOffset: 330 }, { timeZone: 'Asia/Kolkata' }])('keeps %j', zone => {
    const job = cronJob('0 12 * * *', zone);
    expect(job.cronTime).toMatchObject(zone);
    expect(job.nextDate().toISO()).toBe('2030-11-03T12:00:00.000+05:30');
  });

  it('follows a new time, be it set or assigned, and notifies the engine', async () => {
    const job = cronJob('0 0 1 1 *');
    job.setTime(new CronTime('0 1 * * *', timeZone));
    expect(job.cronTime.getTimeout()).toBe(25 * HOUR - 10 * MINUTE);
    job.cronTime = new CronTime('30 1 * * *', timeZone);
    await job.fireOnTick();
    expect(wakes.at(-1)?.schedule.fingerprint).toBe('30 1 * * * America/New_York');
    expect(job.cronTime.getTimeout()).toBe(20 * MINUTE);
  });

  it('refuses a new time that never comes, and stays as it is', () => {
    const job = cronJob('0 0 1 1 *');
    expect(() => job.setTime(new CronTime('0 0 30 2 *'))).toThrow(InvalidCronError);
    expect(job.cronTime.source).toBe('0 0 1 1 *');
  });

  it('leaves the end of a job that runs once to cron', () => {
    expect(cronJob(new Date(now + SECOND)).cronTime.getTimeout()).toBe(1000);
    expect(() => cronJob(new Date(utc('2020-01-01T00:00'))).cronTime.getTimeout()).toThrow(/Date in past/);
  });
});

describe('a cron schedule', () => {
  it.each([
    ['99 * * * *', {}],
    ['* * *', {}],
    ['* * * * *', { timeZone: 'Europe/Nowhere' }],
    ['0 0 30 2 *', {}],
    ['* * * * *', { timeZone: 'Europe/Berlin', utcOffset: 60 }],
  ])('%j with %j is refused', (expression, zone) =>
    expect(() => CronSchedule.parse(expression, zone)).toThrow(InvalidCronError),
  );

  it('has ticks that are equal for every instant between two of them', () => {
    const schedule = CronSchedule.parse('*/7 * * * * *', { timeZone: 'Asia/Kolkata' });
    const tick = schedule.next(Date.UTC(2030, 5, 1)) ?? 0;
    const following = schedule.next(tick) ?? 0;
    expect(following).toBeGreaterThan(tick);
    for (let at = tick; at < following; at += 100) expect(schedule.next(at)).toBe(following);
  });

  it.each(['Australia/Lord_Howe', 'Pacific/Chatham', 'America/Havana', 'Europe/London'])(
    'moves forward where clocks are changed in %s',
    timeZone => {
      const schedule = CronSchedule.parse('*/15 * * * *', { timeZone });
      const changes = daysOfChange(2030, timeZone);
      expect(changes).toHaveLength(2);
      for (const day of changes) {
        let tick = day - HOUR;
        while (tick < day + 25 * HOUR) {
          const next = schedule.next(tick) ?? 0;
          expect(next).toBeGreaterThan(tick);
          tick = next;
        }
      }
    },
  );

  it('runs once on a date', () => {
    const date = new Date(Date.UTC(2030, 0, 1));
    const schedule = CronSchedule.parse(date);
    expect(schedule.next(date.getTime() - 1)).toBe(date.getTime());
    expect(schedule.next(date.getTime())).toBeUndefined();
  });
});

/** Starts, in Unix ms, of the UTC days on which a zone changes its clocks. */
function daysOfChange(year: number, timeZone: string): number[] {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const offset = (at: number): string => format.format(at).replace(/.*GMT/, '');
  const days = Array.from({ length: 365 }, (_, day) => Date.UTC(year, 0, 1 + day));
  return days.filter(day => offset(day) !== offset(day + DAY));
}

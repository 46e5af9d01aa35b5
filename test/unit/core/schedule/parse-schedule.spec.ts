import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CronSchedule, type CronTimeInput } from '../../../../lib/core/schedule/cron-schedule.js';
import { InvalidCronError } from '../../../../lib/core/errors/errors.js';
import { IntervalSchedule } from '../../../../lib/core/schedule/interval-schedule.js';
import { NO_SCHEDULE } from '../../../../lib/core/schedule/no-schedule.js';
import { parseInterval, parseSchedule, parseTimeout } from '../../../../lib/core/schedule/parse-schedule.js';
import { scheduleInWords } from '../../../../lib/core/schedule/schedule-description.js';
import { TermSchedule } from '../../../../lib/core/schedule/term-schedule.js';
import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';

const UTC = { timeZone: 'UTC' };
const NOON = Date.UTC(2030, 0, 1, 12);

const refusal = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof InvalidCronError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('what a user writes', () => {
  it.each([
    ['*/5 * * * *', '*/5 * * * *', 'UTC', NOON + 5 * MINUTE],
    ['@hourly', '@hourly', 'UTC', NOON + HOUR],
    ['@daily', '@daily', 'UTC', Date.UTC(2030, 0, 2)],
    ['@midnight', '@daily', 'UTC', Date.UTC(2030, 0, 2)],
    ['@weekly', '@weekly', 'UTC', Date.UTC(2030, 0, 6)],
    ['@Monthly', '@monthly', 'UTC', Date.UTC(2030, 1, 1)],
    ['@yearly', '@yearly', 'UTC', Date.UTC(2031, 0, 1)],
    ['@annually', '@yearly', 'UTC', Date.UTC(2031, 0, 1)],
    ['@every 1m30s', '@every 1m30s', undefined, NOON + 90 * SECOND],
    ['  @every  250ms ', '@every 250ms', undefined, NOON + 250],
    ['@timeout 5s', '@timeout 5s', undefined, undefined],
    ['-', '-', undefined, undefined],
    ['', '-', undefined, undefined],
    [new Date(NOON + 1), '2030-01-01T12:00:00.001Z', undefined, NOON + 1],
  ] as [CronTimeInput, string, string | undefined, number | undefined][])(
    '%j is a schedule',
    (written, source, timeZone, next) => {
      const schedule = parseSchedule(written, UTC);
      expect(schedule).toMatchObject({ source });
      expect([schedule.timeZone, schedule.next(NOON)]).toEqual([timeZone, next]);
    },
  );

  it('makes a schedule again of its own source', () => {
    for (const written of ['@every 90s', '@timeout 0s', '@weekly', '0 9 * * 1-5', '-'])
      expect(parseSchedule(parseSchedule(written, UTC).source, UTC).fingerprint).toBe(
        parseSchedule(written, UTC).fingerprint,
      );
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an unknown descriptor', () => parseSchedule('@fortnightly'), /'@fortnightly'.*There are @every 30s, /],
    ['a descriptor with a typo', () => parseSchedule('@montly'), /Did you mean '@monthly'/],
    ['an argument where there is none', () => parseSchedule('@daily 5'), /received '@daily 5'/],
    ['an interval of 0', () => parseSchedule('@every 0s'), /at least 10 ms.*'0s'.*'-' to switch/],
    ['an interval below 10 ms', () => parseInterval(9), /at least 10 ms/],
    ['an interval of more than a leap year', () => parseInterval('8785h'), /received '8785h'/],
    ['an interval without a unit', () => parseSchedule('@every 30'), /no duration.*received '30'.*1m30s/],
    ['an interval without a duration', () => parseSchedule('@every'), /no duration/],
    ['half a millisecond', () => parseInterval(10.5), /whole milliseconds.*10\.5/],
    ['no number', () => parseInterval(NaN), /NaN/],
    ['a negative timeout', () => parseTimeout(-1), /-1/],
    ['an endless timeout', () => parseTimeout('8785h'), /too long/],
    ['a day that no year has', () => parseSchedule('0 0 30 2 *'), /no month has such a day/],
    ['an unknown time zone', () => parseSchedule('@daily', { timeZone: 'Europe/Atlantis' }), /timezone/],
    ['nothing at all', () => parseSchedule(undefined as never), /undefined/],
    ['a number', () => parseSchedule(30 as never), /30/],
    ['a promise', () => parseSchedule(Promise.resolve('@daily') as never), /Promise/],
  ])('is refused when it is %s', (_, action, message) => expect(refusal(action)).toMatch(message));
});

describe('an interval', () => {
  const ms = fc.integer({ min: 10, max: 40_000_000 });
  const instant = fc.integer({ min: Date.UTC(2000), max: Date.UTC(2100) });

  it('ticks at multiples of its duration since the epoch', () =>
    fc.assert(
      fc.property(ms, instant, (everyMs, after) => {
        const tick = new IntervalSchedule(everyMs).next(after) ?? NaN;
        expect(tick % everyMs).toBe(0);
        expect(tick).toBeGreaterThan(after);
        expect(tick - after).toBeLessThanOrEqual(everyMs);
      }),
    ));

  it('names as its newest tick the last one that counting finds', () =>
    fc.assert(
      fc.property(
        ms,
        instant,
        fc.nat({ max: 400 }),
        fc.double({ min: 0, max: 1 }),
        (everyMs, after, n, part) => {
          const schedule = new IntervalSchedule(everyMs);
          const until = after + Math.floor(everyMs * (n + part));
          let counted: number | undefined;
          for (
            let tick = schedule.next(after);
            (tick ?? Infinity) <= until;
            tick = schedule.next(tick ?? NaN)
          )
            counted = tick;
          expect(schedule.latest(after, until)).toBe(counted);
        },
      ),
    ));

  it('has no tick after or before no instant', () => {
    const schedule = new IntervalSchedule(1000);
    expect([schedule.next(Infinity), schedule.next(NaN), schedule.latest(0, Infinity)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(schedule.latest(-Infinity, 2500)).toBe(2000);
  });
});

describe('the schedule of a term', () => {
  it('has one tick, its delay after the term began, and none outside of it', () => {
    const schedule = new TermSchedule(5000);
    expect([schedule.next(0), schedule.latest(0, Infinity), schedule.termSince]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    schedule.setTerm(NOON);
    expect([schedule.next(NOON), schedule.next(NOON + 5000)]).toEqual([NOON + 5000, undefined]);
    expect([4999, 5000].map(ms => schedule.latest(NOON, NOON + ms))).toEqual([undefined, NOON + 5000]);
    schedule.setTerm(undefined);
    expect(schedule.next(NOON)).toBeUndefined();
  });
});

describe('a schedule in words', () => {
  it.each<[CronTimeInput, string]>([
    ['0 9 * * 1-5', 'At 09:00, Monday through Friday (UTC)'],
    ['*/5 * * * * *', 'Every 5 seconds (UTC)'],
    ['@hourly', 'Every hour (UTC)'],
    ['@weekdays', 'At 00:00, Monday through Friday (UTC)'],
    ['@every 1m', 'Every minute'],
    ['@every 1m30s', 'Every 90 seconds'],
    ['@every 250ms', 'Every 250 milliseconds'],
    ['@every 48h', 'Every 2 days'],
    ['@timeout 30s', '30 seconds after a pod begins to lead'],
    ['@timeout 0s', 'As soon as a pod begins to lead'],
    ['-', 'Only when it is run manually'],
    [new Date(NOON), 'Once, at 2030-01-01T12:00:00.000Z'],
  ])('%s is said', (written, words) => expect(scheduleInWords(parseSchedule(written, UTC))).toBe(words));

  it('is its source where there are no words', () => {
    const odd = { ...NO_SCHEDULE, source: 'whenever', fingerprint: 'whenever' };
    expect(scheduleInWords(odd)).toBe('whenever');
  });

  it('of an offset names it', () =>
    expect(scheduleInWords(CronSchedule.parse('@daily', { utcOffset: 330 }))).toBe('At 00:00 (UTC+5:30)'));
});

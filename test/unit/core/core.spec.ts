import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CronSchedule } from '../../../lib/core/schedule/cron-schedule.js';
import { InvalidCronError } from '../../../lib/core/errors/errors.js';
import { TickCursor } from '../../../lib/core/tick/tick-cursor.js';
import { electionTiming, holdsTogether, smallestTtlMs } from '../../../lib/core/election/timing.js';
import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';

describe('the timing of an election', () => {
  it('has the margin and command timeout of the specification at 10 s', () =>
    expect(electionTiming(3000, 10_000)).toMatchObject({ marginMs: 1000, commandTimeoutMs: 1000 }));

  it('offers the smallest ttl that holds together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 60_000 }), intervalMs => {
        const ttlMs = smallestTtlMs(intervalMs);
        return (
          holdsTogether(electionTiming(intervalMs, ttlMs)) &&
          !holdsTogether(electionTiming(intervalMs, ttlMs - 100))
        );
      }),
    );
  });
});

describe('a schedule', () => {
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
        let tick = day - 3_600_000;
        while (tick < day + 25 * 3_600_000) {
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

describe('the cursor of a job', () => {
  const schedule = CronSchedule.parse('* * * * * *', { timeZone: 'UTC' });
  const zero = Date.UTC(2030, 0, 1);

  it('returns each tick once', () => {
    const cursor = new TickCursor();
    expect(cursor.due(schedule, zero, zero + 1004).ticks).toEqual([zero + 1000]);
    expect(cursor.due(schedule, zero, zero + 1005).ticks).toEqual([]);
    expect(cursor.due(schedule, zero, zero + 2001).ticks).toEqual([zero + 2000]);
  });

  it('finds every tick of a wake-up that came late', () =>
    expect(new TickCursor().due(schedule, zero, zero + 3500).ticks).toEqual(
      [1, 2, 3].map(n => zero + n * 1000),
    ));

  it('returns nothing again when the clock is set back', () => {
    const cursor = new TickCursor();
    cursor.due(schedule, zero, zero + 10_000);
    expect(cursor.due(schedule, zero, zero + 5000).ticks).toEqual([]);
  });

  it('lets the newest stand for more than 100', () => {
    const due = new TickCursor().due(schedule, zero, zero + 3_600_500);
    expect(due).toEqual({ ticks: [zero + 3_600_000], passedOverSince: zero });
  });

  it('leaves ticks before the term to the predecessor', () =>
    expect(new TickCursor().due(schedule, zero + 1500, zero + 2000).ticks).toEqual([zero + 2000]));
});

describe('the keys', () => {
  it('use the lease key as their hash tag', () =>
    expect(redisKeys('scheduler:a:leader').term).toBe('{scheduler:a:leader}:term'));

  it('keep the hash tag that a key of the user has, and are no other key’s', () => {
    expect(redisKeys('x:{tag}:y').fence).toBe('x:{tag}:y:fence');
    expect(redisKeys('z:{tag}:y').fence).not.toBe(redisKeys('x:{tag}:y').fence);
  });
});

/** Starts, in Unix ms, of the UTC days on which a zone changes its clocks. */
function daysOfChange(year: number, timeZone: string): number[] {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const offset = (at: number): string => format.format(at).replace(/.*GMT/, '');
  const days = Array.from({ length: 365 }, (_, day) => Date.UTC(year, 0, 1 + day));
  return days.filter(day => offset(day) !== offset(day + 86_400_000));
}

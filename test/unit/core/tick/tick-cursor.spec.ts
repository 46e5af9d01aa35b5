import { describe, expect, it } from '@jest/globals';

import { CronSchedule } from '../../../../lib/core/schedule/cron-schedule.js';
import { TickCursor } from '../../../../lib/core/tick/tick-cursor.js';
import { HOUR, SECOND } from '../../../support/durations.js';

const schedule = CronSchedule.parse('* * * * * *', { timeZone: 'UTC' });
const zero = Date.UTC(2030, 0, 1);

describe('the cursor of a job', () => {
  it('returns each tick once', () => {
    const cursor = new TickCursor();
    expect(cursor.due(schedule, zero, zero + 1004).ticks).toEqual([zero + SECOND]);
    expect(cursor.due(schedule, zero, zero + 1005).ticks).toEqual([]);
    expect(cursor.due(schedule, zero, zero + 2001).ticks).toEqual([zero + 2 * SECOND]);
  });

  it('finds every tick of a wake-up that came late', () =>
    expect(new TickCursor().due(schedule, zero, zero + 3.5 * SECOND).ticks).toEqual(
      [1, 2, 3].map(n => zero + n * 1000),
    ));

  it('returns nothing again when the clock is set back', () => {
    const cursor = new TickCursor();
    cursor.due(schedule, zero, zero + 10 * SECOND);
    expect(cursor.due(schedule, zero, zero + 5 * SECOND).ticks).toEqual([]);
  });

  it('lets the newest stand for more than 100', () => {
    const due = new TickCursor().due(schedule, zero, zero + HOUR + 500);
    expect(due).toEqual({ ticks: [zero + HOUR], passedOverSince: zero });
  });

  it('leaves ticks before the term to the predecessor', () =>
    expect(new TickCursor().due(schedule, zero + 1.5 * SECOND, zero + 2 * SECOND).ticks).toEqual([
      zero + 2 * SECOND,
    ]));
});

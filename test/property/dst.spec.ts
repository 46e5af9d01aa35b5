import { describe, expect, it } from '@jest/globals';
import { CronTime } from 'cron';
import fc from 'fast-check';

import { CronSchedule } from '../../lib/core/schedule/cron-schedule.js';
import { HOUR, MINUTE, SECOND } from '../support/durations.js';

const FROM = Date.UTC(2025, 0, 1);
const UNTIL = Date.UTC(2029, 0, 1);

/** Hard ones: by half an hour, at midnight, at a quarter to three, into yesterday, by two hours, in Ramadan. */
const CHANGING = [
  'Australia/Lord_Howe',
  'America/Havana',
  'Pacific/Chatham',
  'Africa/Cairo',
  'Antarctica/Troll',
  'Africa/Casablanca',
  'America/New_York',
  'America/St_Johns',
  'Europe/London',
];
const ZONES = [...CHANGING, 'Asia/Kolkata'];

/** A field as it is written, and the values that it means. */
interface Field {
  readonly text: string;
  readonly values: ReadonlySet<number>;
}
const FIELDS = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;
type Expression = Readonly<Record<(typeof FIELDS)[number], Field>>;

const span = (low: number, high: number, step = 1): Set<number> =>
  new Set(Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => low + index * step));
const every = (low: number, high: number): Field => ({ text: '*', values: span(low, high) });
const only = (value: number): Field => ({ text: String(value), values: new Set([value]) });

/** Any field between bounds, with its single values up to `likely`. */
function anyField(low: number, high: number, likely = high): fc.Arbitrary<Field> {
  const value = fc.integer({ min: low, max: likely });
  const list = fc.uniqueArray(value, { minLength: 1, maxLength: 4 });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(every(low, high)) },
    { weight: 3, arbitrary: value.map(only) },
    list.map(values => ({ text: values.join(), values: new Set(values) })),
    fc.integer({ min: 2, max: 30 }).map(step => ({ text: `*/${step}`, values: span(low, high, step) })),
    fc.tuple(value, fc.integer({ min: low, max: high })).map(ends => {
      const [first, last] = [Math.min(...ends), Math.max(...ends)];
      return { text: `${first}-${last}`, values: span(first, last) };
    }),
  );
}

const mostly = (usual: Field, other: fc.Arbitrary<Field>): fc.Arbitrary<Field> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, other);

const anyExpression: fc.Arbitrary<Expression> = fc.record({
  second: mostly(only(0), anyField(0, 59)),
  minute: anyField(0, 59),
  hour: anyField(0, 23, 4),
  dayOfMonth: mostly(every(1, 31), anyField(1, 31, 28)),
  month: mostly(every(1, 12), anyField(1, 12)),
  dayOfWeek: mostly(every(0, 6), anyField(0, 6)),
});

const textOf = (expression: Expression): string => FIELDS.map(field => expression[field].text).join(' ');

/** Reads a wall clock from Intl, minute by minute; it shows a local time as the Unix ms that UTC would have then. */
function wallClock(timeZone: string): (utcMs: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const minutes = new Map<number, number>();
  return utcMs => {
    const minute = utcMs - (utcMs % MINUTE);
    const wall = minutes.get(minute) ?? Date.parse(`${format.format(minute).replace(' ', 'T')}Z`);
    minutes.set(minute, wall);
    return wall + utcMs - minute;
  };
}

const wallClocks = new Map(ZONES.map(timeZone => [timeZone, wallClock(timeZone)]));
const wallAt = (timeZone: string, utcMs: number): number => wallClocks.get(timeZone)?.(utcMs) ?? Number.NaN;
const offsetAt = (timeZone: string, utcMs: number): number => wallAt(timeZone, utcMs) - utcMs;

interface Change {
  readonly timeZone: string;
  readonly at: number;
}

function changesOf(timeZone: string): Change[] {
  const differs = (from: number, until: number): boolean =>
    offsetAt(timeZone, from) !== offsetAt(timeZone, until);
  const days = instants(FROM, UNTIL, 24 * HOUR).filter(day => differs(day - 24 * HOUR, day));
  return days.map(day => ({
    timeZone,
    at: instants(day - 24 * HOUR, day, MINUTE).find(at => differs(at - MINUTE, at)) ?? Number.NaN,
  }));
}

const instants = (after: number, until: number, stepMs: number): number[] =>
  Array.from({ length: (until - after) / stepMs }, (_, index) => after + (index + 1) * stepMs);

const anyChange = fc.constantFrom(...CHANGING.flatMap(changesOf));

function names(expression: Expression, wallMs: number): boolean {
  const wall = new Date(wallMs);
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = expression;
  const inMonth = dayOfMonth.values.has(wall.getUTCDate());
  const inWeek = dayOfWeek.values.has(wall.getUTCDay());
  const bothRestricted = dayOfMonth.values.size < 31 && dayOfWeek.values.size < 7;
  return (
    second.values.has(wall.getUTCSeconds()) &&
    minute.values.has(wall.getUTCMinutes()) &&
    hour.values.has(wall.getUTCHours()) &&
    month.values.has(wall.getUTCMonth() + 1) &&
    (bothRestricted ? inMonth || inWeek : inMonth && inWeek)
  );
}

const stepOf = ({ second }: Expression): number => (second.text === '0' ? MINUTE : SECOND);

/** From before a change until after all that it brings about; shorter where each second must be checked. */
const around = (expression: Expression, { at }: Change): readonly [from: number, until: number] => [
  at - HOUR,
  at + (stepOf(expression) === MINUTE ? 26 : 2.5) * HOUR,
];

/** Reads the clock all the time, and at each reading judges by the rule alone whether a tick is due. */
function oracle(expression: Expression, { timeZone }: Change, from: number, until: number): number[] {
  const stepMs = stepOf(expression);
  const isInterval = expression.hour.values.size === 24;
  let highest = Math.max(...instants(from - 3 * HOUR, from, MINUTE).map(at => wallAt(timeZone, at)));
  return instants(from, until, stepMs).filter(at => {
    const wall = wallAt(timeZone, at);
    const reached = instants(highest, wall, stepMs);
    highest = Math.max(highest, wall);
    return (isInterval ? [wall] : reached).some(time => names(expression, time));
  });
}

function ticksBetween(schedule: CronSchedule, from: number, until: number): number[] {
  const ticks: number[] = [];
  for (let tick = schedule.next(from); tick !== undefined && tick <= until; tick = schedule.next(tick))
    ticks.push(tick);
  return ticks;
}

describe('where clocks are changed, a schedule', () => {
  it('has the ticks that constant reading of the clock finds', () => {
    fc.assert(
      fc.property(anyExpression, anyChange, (expression, change) => {
        const [from, until] = around(expression, change);
        const schedule = CronSchedule.parse(textOf(expression), change);
        expect(ticksBetween(schedule, from, until)).toEqual(oracle(expression, change, from, until));
      }),
      { numRuns: 250 },
    );
  });

  it('has them at whatever instant it is asked, and finds the newest of them', () => {
    const anyDelays = fc.array(fc.integer({ min: 0, max: 3 * HOUR }), { minLength: 5, maxLength: 20 });
    fc.assert(
      fc.property(anyExpression, anyChange, anyDelays, (expression, change, delays) => {
        const [from, until] = around(expression, change);
        const schedule = CronSchedule.parse(textOf(expression), change);
        const ticks = oracle(expression, change, from, until);
        for (const at of delays.map(delay => from + delay)) {
          const due = schedule.next(at) ?? Infinity;
          expect(due > until ? undefined : due).toBe(ticks.find(tick => tick > at));
          expect(schedule.latest(from, at)).toBe(ticks.findLast(tick => tick <= at));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('on any other day, a schedule', () => {
  const isQuiet = (timeZone: string, at: number): boolean =>
    offsetAt(timeZone, at - 26 * HOUR) === offsetAt(timeZone, at + 26 * HOUR);

  it('has the ticks of cron', () => {
    const anyZone = fc.constantFrom(...ZONES);
    fc.assert(
      fc.property(
        anyExpression,
        anyZone,
        fc.integer({ min: FROM, max: UNTIL }),
        (expression, timeZone, at) => {
          const cronTime = new CronTime(textOf(expression), timeZone);
          const tick = cronTime.getNextDateFrom(new Date(at), timeZone).toMillis();
          fc.pre(isQuiet(timeZone, at) && isQuiet(timeZone, tick));
          expect(new CronSchedule(cronTime).next(at)).toBe(tick);
        },
      ),
      { numRuns: 300 },
    );
  });
});

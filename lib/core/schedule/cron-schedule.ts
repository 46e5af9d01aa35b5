import { CronTime } from 'cron';

import { CronFields, type CronFieldValues } from './cron-fields.js';
import { cronTicks, type NextTick } from './cron-ticks.js';
import { CronZone } from './cron-zone.js';
import { InvalidCronError } from '../errors/errors.js';
import { nearestZone } from './nearest-zone.js';
import type { Schedule } from './schedule.js';

/** The argument of `@Cron` of @nestjs/schedule: a cron expression, or a date on which the job runs once. */
export type CronTimeInput = ConstructorParameters<typeof CronTime>[0];

/** All values of six fields are 700 characters; what reads and words an expression takes far longer for long ones. */
export const MAX_EXPRESSION = 1000;
const MAX_ZONE = 100;

const FAR_AHEAD = new Date(Date.UTC(9999, 0, 1));

export interface ZoneOptions {
  readonly timeZone?: string | undefined;
  readonly utcOffset?: number | undefined;
}

/**
 * The ticks of a schedule: UTC instants, each later than the one before, computed from the expression and the
 * zone alone, hence equal on every pod that has the same zone data.
 *
 * `CronTime` of cron reads the expression; what it refuses is refused. The ticks are cron's too, at a hundredth
 * of its cost, except around a change of clocks. There, cron's ticks depend on the season in which it is asked,
 * may go back, and may be at times that were not named. Here, a job whose hour field names every hour, such as
 * `*`, is an interval job, and any other a fixed-time job:
 *
 * - An interval job follows elapsed time. It runs through both passes of a repeated hour. A missing hour has no
 *   ticks, and none is caught up; cron adds one right after the hour.
 * - A fixed-time job runs once for each local time that it names: at the first instant at which the clocks reach
 *   it. That is the first pass of a repeated hour; cron runs `0 1,2 * * *` in both. All ticks of a missing hour
 *   are one tick, right after it; where January is summer, cron is late by as much as the clocks moved.
 *
 * So `30 1 * * *` runs once on every day and, where clocks move by whole hours, `0 * * * *` every 60 minutes.
 */
export class CronSchedule implements Schedule {
  /** The first tick after an instant (Unix ms); `undefined` when no more will come. */
  readonly next: NextTick;
  /** The zone in which the expression is read, that of the process included; `undefined` for a date. */
  readonly timeZone: string | undefined;
  /** The expression as it was written, or the date in ISO 8601. */
  readonly source: string;
  /**
   * Equal as long as the schedule is written the same: expression and zone, or the date. A job without a zone
   * has that of the process.
   */
  readonly fingerprint: string;

  /** Throws `InvalidCronError` when the expression never fires. */
  constructor(readonly cronTime: CronTime) {
    const { source } = cronTime;
    if (isDate(source)) {
      this.next = onceAt(source);
      this.source = new Date(source.toMillis()).toISOString();
      this.fingerprint = this.source;
    } else {
      const zone = zoneOf(cronTime);
      this.timeZone = zone.name;
      this.next = cronTicks(fieldsOf(cronTime), new CronZone(utcMs => zone.offset(utcMs) * 60_000));
      this.source = source;
      this.fingerprint = `${source} ${zone.name}`;
    }
  }

  /** Reads an expression; throws `InvalidCronError` with what was received. */
  static parse(cronTime: CronTimeInput, zone: ZoneOptions = {}): CronSchedule {
    return new CronSchedule(parseCronTime(cronTime, zone));
  }

  /** Whether it is a single date. */
  get isDate(): boolean {
    return isDate(this.cronTime.source);
  }

  /** The newest tick in `(afterMs, untilMs]`; some ten to forty calls of `next()`, however many ticks are passed. */
  latest(afterMs: number, untilMs: number): number | undefined {
    let noneAfterMs = untilMs;
    for (let windowMs = 60_000; noneAfterMs > afterMs; windowMs *= 8) {
      const fromMs = Math.max(afterMs, untilMs - windowMs);
      const tick = this.next(fromMs);
      if (tick !== undefined && tick <= untilMs) return this.newest(tick, noneAfterMs);
      noneAfterMs = fromMs;
    }
    return undefined;
  }

  /** Closes in, by halves, on the newest tick between a tick and an instant after which none is due. */
  private newest(tick: number, lastMs: number): number {
    let newest = tick;
    for (let noneAfterMs = lastMs; noneAfterMs > newest;) {
      const middleMs = Math.floor((newest + noneAfterMs) / 2);
      const later = this.next(middleMs);
      if (later !== undefined && later <= lastMs) newest = later;
      else noneAfterMs = middleMs;
    }
    return newest;
  }
}

/** The members of luxon's DateTime that are used here. */
interface DateTime {
  toMillis(): number;
}

interface Zone {
  readonly name: string;
  /** Minutes. */
  offset(utcMs: number): number;
}

function isDate(source: string | DateTime): source is DateTime {
  return typeof source !== 'string';
}

function onceAt(date: DateTime): NextTick {
  const onlyTick = date.toMillis();
  if (Number.isNaN(onlyTick)) throw invalid(new Error('the date is not valid'), 'Invalid Date');
  return afterMs => (onlyTick > afterMs ? onlyTick : undefined);
}

/** Throws `InvalidCronError` for a text that is too long to be read. */
export function assertLength(what: string, text: string | undefined, max: number): void {
  if (text === undefined || text.length <= max) return;
  throw new InvalidCronError({
    problem: `A ${what} has at most ${max} characters, not ${text.length}`,
    received: text,
    remedy: `Give a shorter ${what}`,
  });
}

function parseCronTime(cronTime: CronTimeInput, { timeZone, utcOffset }: ZoneOptions): CronTime {
  const received = { cronTime, timeZone, utcOffset };
  if (typeof cronTime === 'string') assertLength('schedule', cronTime, MAX_EXPRESSION);
  assertLength('time zone', timeZone, MAX_ZONE);
  if (timeZone !== undefined && utcOffset !== undefined) {
    throw new InvalidCronError({
      problem: 'A job has both a time zone and a UTC offset',
      received,
      remedy: 'Give one of them',
    });
  }
  try {
    return utcOffset === undefined
      ? new CronTime(cronTime, timeZone)
      : new CronTime(cronTime, null, utcOffset);
  } catch (cause) {
    throw invalid(cause, received, nearestZone(timeZone));
  }
}

/** The zone as cron sees it, read from a date so far ahead that it is never past. */
function zoneOf({ source, timeZone, utcOffset }: CronTime): Zone {
  // An empty time zone is UTC to cron, which then has neither.
  const zone = timeZone === undefined ? { utcOffset: utcOffset ?? 0 } : { timeZone };
  try {
    return parseCronTime(FAR_AHEAD, zone).sendAt().zone;
  } catch (cause) {
    throw invalid(cause, { cronTime: source, timeZone, utcOffset });
  }
}

/** Throws for a day that no year has: cron would find out only after a search through years. */
function fieldsOf(cronTime: CronTime): CronFields {
  const fields = new CronFields(valuesOf(cronTime));
  if (fields.firstAfter(0) !== undefined) return fields;
  throw invalid(new Error('no month has such a day'), { cronTime: cronTime.source });
}

/** toJSON() would be the public way, but it shows a field that lacks only its last value as `*`. */
function valuesOf(cronTime: CronTime): CronFieldValues {
  return {
    second: keysOf(cronTime['second']),
    minute: keysOf(cronTime['minute']),
    hour: keysOf(cronTime['hour']),
    dayOfMonth: keysOf(cronTime['dayOfMonth']),
    month: keysOf(cronTime['month']),
    dayOfWeek: keysOf(cronTime['dayOfWeek']),
  };
}

function keysOf(field: unknown): number[] {
  if (typeof field === 'object' && field !== null) return Object.keys(field).map(Number);
  throw invalid(new Error('this version of cron keeps its fields elsewhere'), field);
}

function invalid(cause: unknown, received: unknown, zone?: string): InvalidCronError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new InvalidCronError({
    problem: `Invalid schedule: ${reason.replace(/\.$/, '')}`,
    received,
    remedy:
      (zone === undefined ? '' : `Did you mean the zone '${zone}'? `) +
      "Give 5 or 6 cron fields (second first when there are 6), an IANA time zone such as 'Europe/Berlin', or an offset in minutes",
    cause,
  });
}

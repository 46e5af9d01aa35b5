const DAY_S = 86_400;
const DAY_MS = DAY_S * 1000;

/** A leap day may be eight years away, as from 2096 to 2104. */
const MAX_YEARS_AHEAD = 8;

/** The values that each field of a cron expression names. */
export interface CronFieldValues {
  readonly second: readonly number[];
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  /** 1 is January. */
  readonly month: readonly number[];
  /** 0 is Sunday; 7 does not occur. */
  readonly dayOfWeek: readonly number[];
}

/**
 * The local times that a cron expression names, regardless of whether a zone has them. A local time is the
 * millisecond count of a clock on the wall, as if that clock showed UTC.
 */
export class CronFields {
  /** Whether every hour is named: by `*`, or one by one. */
  readonly everyHour: boolean;
  private readonly second: Field;
  private readonly minute: Field;
  private readonly hour: Field;
  private readonly month: Field;
  private readonly namesDay: (date: Date) => boolean;
  private readonly firstTime: number;

  constructor(values: CronFieldValues) {
    this.everyHour = values.hour.length === 24;
    this.second = new Field(values.second);
    this.minute = new Field(values.minute);
    this.hour = new Field(values.hour);
    this.month = new Field(values.month);
    this.namesDay = dayMatcher(values);
    this.firstTime = this.hour.first * 3600 + this.minute.first * 60 + this.second.first;
  }

  /** The first named local time after another; `undefined` when there is none within eight years. */
  firstAfter(wallMs: number): number | undefined {
    const second = Math.floor(wallMs / 1000) + 1;
    const today = Math.floor(second / DAY_S);
    const time = this.timeFrom(second - today * DAY_S);
    const day = this.dayFrom(time === undefined ? today + 1 : today);
    if (day === undefined) return undefined;
    return (day * DAY_S + (day === today ? (time ?? this.firstTime) : this.firstTime)) * 1000;
  }

  /** The first named day from a day on; days are counted from the epoch. */
  private dayFrom(day: number): number | undefined {
    const date = new Date(day * DAY_MS);
    const lastYear = date.getUTCFullYear() + MAX_YEARS_AHEAD;
    while (date.getUTCFullYear() <= lastYear) {
      if (!this.month.has(date.getUTCMonth() + 1)) date.setUTCMonth(date.getUTCMonth() + 1, 1);
      else if (!this.namesDay(date)) date.setUTCDate(date.getUTCDate() + 1);
      else return date.getTime() / DAY_MS;
    }
    return undefined;
  }

  /** The first named second of the day from a second on. */
  private timeFrom(secondOfDay: number): number | undefined {
    const hour = Math.floor(secondOfDay / 3600);
    const inHour = this.hour.has(hour) ? this.timeInHourFrom(secondOfDay - hour * 3600) : undefined;
    if (inHour !== undefined) return hour * 3600 + inHour;
    const later = this.hour.from(hour + 1);
    return later === undefined ? undefined : later * 3600 + this.minute.first * 60 + this.second.first;
  }

  private timeInHourFrom(secondOfHour: number): number | undefined {
    const minute = Math.floor(secondOfHour / 60);
    const second = this.minute.has(minute) ? this.second.from(secondOfHour - minute * 60) : undefined;
    if (second !== undefined) return minute * 60 + second;
    const later = this.minute.from(minute + 1);
    return later === undefined ? undefined : later * 60 + this.second.first;
  }
}

/** No value follows. */
const NONE = -1;

/** The values of one field, for a fast search of the next: one byte each, for there may be thousands of jobs. */
class Field {
  readonly first: number;
  private readonly following: Int8Array;

  constructor(values: readonly number[]) {
    this.first = Math.min(...values);
    this.following = Int8Array.from({ length: 60 }, (_, from) => smallestFrom(values, from));
  }

  has(value: number): boolean {
    return this.following[value] === value;
  }

  from(value: number): number | undefined {
    const next = this.following[value];
    return next === NONE ? undefined : next;
  }
}

function smallestFrom(values: readonly number[], from: number): number {
  const rest = values.filter(value => value >= from);
  return rest.length === 0 ? NONE : Math.min(...rest);
}

/** cron's rule: when day of month and day of week are both restricted, one of the two is enough. */
function dayMatcher({ dayOfMonth, dayOfWeek }: CronFieldValues): (date: Date) => boolean {
  const inMonth = new Field(dayOfMonth);
  const inWeek = new Field(dayOfWeek);
  if (dayOfWeek.length === 7) return date => inMonth.has(date.getUTCDate());
  if (dayOfMonth.length === 31) return date => inWeek.has(date.getUTCDay());
  return date => inMonth.has(date.getUTCDate()) || inWeek.has(date.getUTCDay());
}

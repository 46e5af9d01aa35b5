import { CronTime } from 'cron';

import { InvalidCronError } from './errors.js';

/** What `@Cron` of @nestjs/schedule takes: a cron expression, or a date on which the job runs once. */
export type CronTimeInput = ConstructorParameters<typeof CronTime>[0];

export interface ZoneOptions {
  readonly timeZone?: string | undefined;
  readonly utcOffset?: number | undefined;
}

/**
 * The ticks of a schedule: UTC instants computed from expression and zone alone, hence equal on every pod.
 *
 * A thin face over cron's `CronTime`, the engine that fires, so that what is computed and what fires cannot
 * differ.
 */
export class CronSchedule {
  /** The only tick of a job that runs once; `undefined` for a cron expression. */
  private readonly onlyTick: number | undefined;
  private readonly zone: string;

  /** Throws `InvalidCronError` when the expression never fires. */
  constructor(readonly cronTime: CronTime) {
    this.onlyTick = isDate(cronTime.source) ? cronTime.source.toMillis() : undefined;
    this.zone = this.onlyTick === undefined ? firstTick(cronTime).zoneName : 'UTC';
  }

  /** Reads an expression; throws `InvalidCronError` with what was received. */
  static parse(cronTime: CronTimeInput, zone: ZoneOptions = {}): CronSchedule {
    return new CronSchedule(parseCronTime(cronTime, zone));
  }

  /** The expression as it was written, or the date in ISO 8601. */
  get source(): string {
    return isDate(this.cronTime.source)
      ? new Date(this.cronTime.source.toMillis()).toISOString()
      : this.cronTime.source;
  }

  /** The first tick after an instant (Unix ms); `undefined` when no more will come. */
  next(afterMs: number): number | undefined {
    if (this.onlyTick !== undefined) return this.onlyTick > afterMs ? this.onlyTick : undefined;
    // Where clocks are set back, cron may name an instant that is not later than the one asked from.
    for (let probeMs = afterMs; ; probeMs += 60_000) {
      const tick = this.cronTime.getNextDateFrom(new Date(probeMs), this.zone).toMillis();
      if (tick > afterMs) return tick;
    }
  }

  /** The newest tick in `(afterMs, untilMs]`; looks back in windows that widen, not tick by tick. */
  latest(afterMs: number, untilMs: number): number | undefined {
    for (let windowMs = 60_000; ; windowMs *= 60) {
      const fromMs = Math.max(afterMs, untilMs - windowMs);
      let latest: number | undefined;
      for (let tick = this.next(fromMs); tick !== undefined && tick <= untilMs; tick = this.next(tick))
        latest = tick;
      if (latest !== undefined || fromMs === afterMs) return latest;
    }
  }
}

/** What luxon calls a DateTime, as far as it matters here. */
interface DateTime {
  toMillis(): number;
  readonly zoneName: string | null;
}

function isDate(source: string | DateTime): source is DateTime {
  return typeof source !== 'string';
}

function parseCronTime(cronTime: CronTimeInput, { timeZone, utcOffset }: ZoneOptions): CronTime {
  const received = { cronTime, timeZone, utcOffset };
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
    throw invalid(cause, received);
  }
}

function firstTick(cronTime: CronTime): { zoneName: string } {
  try {
    const { zoneName } = cronTime.sendAt();
    if (zoneName !== null) return { zoneName };
  } catch (cause) {
    throw invalid(cause, {
      cronTime: cronTime.source,
      timeZone: cronTime.timeZone,
      utcOffset: cronTime.utcOffset,
    });
  }
  throw invalid(undefined, { timeZone: cronTime.timeZone, utcOffset: cronTime.utcOffset });
}

function invalid(cause: unknown, received: object): InvalidCronError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'the zone is not valid';
  return new InvalidCronError({
    problem: `This schedule cannot be used: ${reason.replace(/\.$/, '')}`,
    received,
    remedy:
      "Give 5 or 6 cron fields (second first when there are 6), an IANA time zone such as 'Europe/Berlin', or an offset in minutes",
    cause,
  });
}

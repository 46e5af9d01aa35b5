import { CronTime } from 'cron';

import { InvalidCronError } from '../../core/errors/errors.js';
import { CronSchedule } from '../../core/schedule/cron-schedule.js';
import type { Schedule } from '../../core/schedule/schedule.js';

const FIELDS = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

type DateTime = ReturnType<CronTime['sendAt']>[number];

/** Stands for schedules that cron cannot express. */
const ANY_TIME = new CronTime('* * * * * *', 'UTC');

/** A CronTime that has its ticks from the schedule: what fires and what is listed is what the engine finds due. */
export class ScheduleTime extends CronTime {
  constructor(
    readonly schedule: Schedule,
    private readonly now: () => number,
  ) {
    const cronTime = schedule instanceof CronSchedule ? schedule.cronTime : ANY_TIME;
    const { source, timeZone, utcOffset } = cronTime;
    // Without a zone of its own; cron would take that of the process for a missing one.
    super(source, timeZone ?? '');
    if (utcOffset !== undefined) this.utcOffset = utcOffset;
    // Its own copy of the fields, some kilobytes, goes.
    for (const field of FIELDS) Reflect.set(this, field, Reflect.get(cronTime, field));
    if (cronTime === ANY_TIME) Reflect.set(this, 'source', schedule.source);
  }

  /** How long it is from `now` (Unix ms) to the next tick, ms. */
  override getTimeout(now = this.now()): number {
    const tick = this.schedule.next(now);
    if (tick !== undefined) return tick - now;
    // Where no tick is left, cron says so in its own words.
    return this.schedule instanceof CronSchedule ? super.getTimeout() : Infinity;
  }

  override sendAt(): DateTime;
  override sendAt(count: number): DateTime[];
  override sendAt(count = Number.NaN): DateTime | DateTime[] {
    const first = super.sendAt();
    if (this.realDate) return first;
    const firstMs = first.toMillis();
    const ticks = this.ticks(count >= 0 ? count : 1).map(tick => first.plus(tick - firstMs));
    return count >= 0 ? ticks : (ticks[0] ?? this.none());
  }

  /** As cron does for a date that has passed. */
  private none(): never {
    throw new InvalidCronError({
      problem: 'This job has no tick to come',
      received: this.schedule.source,
      remedy: 'Use nextDates(1), which is empty then',
    });
  }

  private ticks(count: number): number[] {
    const ticks: number[] = [];
    let tick = this.schedule.next(this.now());
    for (; tick !== undefined && ticks.length < count; tick = this.schedule.next(tick)) ticks.push(tick);
    return ticks;
  }
}

import type { CronTimeInput } from '../schedule/cron-schedule.js';
import type { Duration } from '../options/duration.js';

/** Reads the configuration by a dotted path, such as `reports.cron`; ConfigService of @nestjs/config is one. */
export interface ConfigReader {
  /** The value at a path; `undefined` where there is none. */
  get<Value = unknown>(path: string): Value | undefined;
}

/** The argument of a function that returns a schedule. */
export interface ScheduleContext {
  /** ConfigService of @nestjs/config. Without it every `get` throws `InvalidOptionsError`. */
  readonly config: ConfigReader;
}

/**
 * Returns a schedule when the application starts: an expression, a date, or `-` (or `''`) for a job that is off. If it
 * throws or returns `undefined`, the start fails with `InvalidCronError`.
 */
export type ScheduleFactory = (context: ScheduleContext) => CronTimeInput | undefined;

/** The metadata of a decorator on a method, not checked yet. */
export type JobDefinition = DefinedByCron | DefinedByDuration;

interface Defined {
  /** Begins the message when something is wrong, instead of `@LeaderCron on Class.method`. */
  readonly place?: string;
  /** As written by the user. */
  readonly options: unknown;
}

interface DefinedByCron extends Defined {
  readonly decorator?: 'LeaderCron';
  readonly cronTime: CronTimeInput | ScheduleFactory;
}

interface DefinedByDuration extends Defined {
  readonly decorator: 'LeaderInterval' | 'LeaderTimeout';
  readonly duration: Duration;
}

import type { Duration } from '../core/options/duration.js';
import type { JobPolicyOptions } from './job-policy-options.interface.js';

/**
 * Options of `@LeaderInterval` and `@LeaderTimeout`: most of those of `@Cron`, and how the job treats its ticks. On a
 * decorator each may also be a function that returns it when the application starts.
 *
 * @example
 * ```ts
 * @LeaderCron('@daily', { disabled: ({ get }) => !get(Features).hasReports })
 * ```
 */
export interface JobDecoratorOptions extends JobPolicyOptions {
  /**
   * Name of the job: unique within the application and the same on every pod. Without `|` and control characters.
   * @default `Class.method`
   */
  readonly name?: string;
  /**
   * The name that `overlap` has in `@Cron`: `true` means `skip`, `false` means `allow`. Refused together with an
   * `overlap` that says otherwise.
   */
  readonly waitForCompletion?: boolean;
  /**
   * Register the job without starting it; `SchedulerRegistry.getCronJob(name).start()` does.
   * @default false
   */
  readonly disabled?: boolean;
  /**
   * How long after the application's start the job is started.
   * @default 0
   */
  readonly initialDelay?: Duration;
  /**
   * Let the process end although the job's timer is set.
   * @default false
   */
  readonly unrefTimeout?: boolean;
  /**
   * Skip a tick that is found more than this late, a jitter not counted. Unlike `@Cron`, which skips after 250 ms, a
   * leader job by default runs however late a busy event loop woke it.
   * @default no limit
   */
  readonly threshold?: Duration;
}

/** In which zone an expression is read. */
export interface ZoneOptions {
  /**
   * IANA time zone in which the expression is read, such as `Europe/Berlin`. Not together with `utcOffset`.
   * @default the zone of the process: set `TZ` alike on all pods
   */
  readonly timeZone?: string;
  /** Offset from UTC in minutes, -840 to 840, instead of a time zone. */
  readonly utcOffset?: number;
}

/** Options of a cron job: those of `@Cron` of @nestjs/schedule, and how the job treats its ticks. */
export interface LeaderCronOptions extends JobDecoratorOptions, ZoneOptions {}

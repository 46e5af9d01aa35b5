import type { Duration } from '../core/options/duration.js';
import type { JobContext } from '../core/job/job.js';
import type { JobDecoratorOptions } from '../interfaces/leader-cron-options.interface.js';
import type { DecoratesMethod } from './decorates-method.js';
import { definesJob } from './job-metadata.js';

/**
 * Makes a method a job that runs once per term of leading, so long after the term began by the clock of Redis. Each new
 * leader runs it; in RAM mode the process does, once. What a term did not run is not made up in another one.
 *
 * @param duration 0 (at once) to 366 days, such as `'30s'`; a number counts milliseconds. Another one is refused when
 *   the application starts, with `InvalidCronError`
 * @param options as those of `@LeaderCron`, without a zone
 */
export function LeaderTimeout(
  duration: Duration,
  options: JobDecoratorOptions = {},
): DecoratesMethod<JobContext> {
  return definesJob({ decorator: 'LeaderTimeout', duration, options });
}

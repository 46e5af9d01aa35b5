import type { WithFactories } from '../core/job/job-definition.js';
import type { JobContext } from '../core/job/job.js';
import type { JobDecoratorOptions } from '../interfaces/leader-cron-options.interface.js';
import type { DecoratesMethod } from './decorates-method.js';
import { definesJob } from './job-metadata.js';
import { durationDefinition, type JobDuration, type NamedJobOptions } from './named-duration.js';

/**
 * Makes a method a job that runs once per term of leading, the duration after the term began by the clock of Redis.
 * Each new leader runs it; in RAM mode the process does, once. A tick that a term has missed is not caught up in
 * another one.
 *
 * @param duration 0 (at once) to 366 days, such as `'30s'`; a number counts milliseconds. It may be a
 *   function that returns one when the application starts. Another one is refused then, with `InvalidCronError`
 * @param options as those of `@LeaderCron`, without a zone
 *
 * @example
 * ```ts
 * @LeaderTimeout('5s')
 * async warmCache(): Promise<void> {
 *   await this.cache.warm();
 * }
 * ```
 */
export function LeaderTimeout(
  duration: JobDuration,
  options?: WithFactories<JobDecoratorOptions>,
): DecoratesMethod<JobContext>;
/**
 * The same with the arguments of `@Timeout` of @nestjs/schedule: `@LeaderTimeout('name', 5000)`.
 *
 * @param name of the job
 */
export function LeaderTimeout(
  name: string,
  duration: JobDuration,
  options?: NamedJobOptions,
): DecoratesMethod<JobContext>;
export function LeaderTimeout(
  first: JobDuration,
  second?: JobDuration | WithFactories<JobDecoratorOptions>,
  third?: NamedJobOptions,
): DecoratesMethod<JobContext> {
  return definesJob(durationDefinition('LeaderTimeout', first, second, third));
}

import type { WithFactories } from '../core/job/job-definition.js';
import type { JobContext } from '../core/job/job.js';
import type { JobDecoratorOptions } from '../interfaces/leader-cron-options.interface.js';
import type { DecoratesMethod } from './decorates-method.js';
import { definesJob } from './job-metadata.js';
import { durationDefinition, type JobDuration, type NamedJobOptions } from './named-duration.js';

/**
 * Makes a method a job that runs at intervals, on the leader only: at multiples of the duration since the Unix epoch, so
 * that a change of leader neither restarts the interval nor doubles a tick. The first tick follows within one interval,
 * not one interval after the start.
 *
 * @param duration 10 ms to 366 days, such as `'30s'`; a number counts milliseconds. It may be a function that
 *   returns one when the application starts. Another one is refused then, with `InvalidCronError`
 * @param options as those of `@LeaderCron`, without a zone
 *
 * @example
 * ```ts
 * @LeaderInterval('30s', { overlap: 'skip' })
 * async poll({ signal }: JobContext): Promise<void> {
 *   await this.mailbox.fetch(signal);
 * }
 * ```
 */
export function LeaderInterval(
  duration: JobDuration,
  options?: WithFactories<JobDecoratorOptions>,
): DecoratesMethod<JobContext>;
/**
 * The same with the arguments of `@Interval` of @nestjs/schedule: `@LeaderInterval('name', 5000)`.
 *
 * @param name of the job
 */
export function LeaderInterval(
  name: string,
  duration: JobDuration,
  options?: NamedJobOptions,
): DecoratesMethod<JobContext>;
export function LeaderInterval(
  first: JobDuration,
  second?: JobDuration | WithFactories<JobDecoratorOptions>,
  third?: NamedJobOptions,
): DecoratesMethod<JobContext> {
  return definesJob(durationDefinition('LeaderInterval', first, second, third));
}

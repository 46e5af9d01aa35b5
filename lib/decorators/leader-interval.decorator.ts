import type { Duration } from '../core/options/duration.js';
import type { OptionFactory, WithFactories } from '../core/job/job-definition.js';
import type { JobContext } from '../core/job/job.js';
import type { JobDecoratorOptions } from '../interfaces/leader-cron-options.interface.js';
import type { DecoratesMethod } from './decorates-method.js';
import { definesJob } from './job-metadata.js';

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
  duration: Duration | OptionFactory<Duration>,
  options: WithFactories<JobDecoratorOptions> = {},
): DecoratesMethod<JobContext> {
  return definesJob({ decorator: 'LeaderInterval', duration, options });
}

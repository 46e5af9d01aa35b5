import type { Duration } from '../core/options/duration.js';
import type { JobDefinition, OptionFactory, WithFactories } from '../core/job/job-definition.js';
import type { JobDecoratorOptions } from '../interfaces/leader-cron-options.interface.js';

/** The duration of a job, or a function that returns it when the application starts. */
export type JobDuration = Duration | OptionFactory<Duration>;

/** Options of a job whose name stands before its duration. */
export type NamedJobOptions = WithFactories<Omit<JobDecoratorOptions, 'name'>>;

type DurationDecorator = 'LeaderInterval' | 'LeaderTimeout';

/** The definition by `(duration, options)` or, as in @nestjs/schedule, by `(name, duration, options)`. */
export function durationDefinition(
  decorator: DurationDecorator,
  first: JobDuration,
  second: JobDuration | object = {},
  third?: object,
): JobDefinition {
  const isNamed = typeof first === 'string' && typeof second !== 'object';
  if (!isNamed) return { decorator, duration: first, options: second };
  return { decorator, duration: second, options: withName(first, third) };
}

/** Options that are none are left as they are, to be refused when the application starts. */
function withName(name: string, options: unknown = {}): unknown {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  return isObject ? { ...options, name } : options;
}

import 'reflect-metadata';

import type { JobDefinition } from '../core/create-job.js';
import type { CronTimeInput } from '../core/cron-schedule.js';
import { UnsupportedJobError } from '../core/errors.js';
import type { LeaderCronOptions } from '../interfaces/leader-cron-options.interface.js';

/** A fixed, global key, so that two copies of this package understand each other. */
const METADATA_KEY = Symbol.for('nestjs-leader-schedule:leader-cron');

/**
 * Makes a method of a provider or controller a job that runs on the leader only.
 *
 * The method may take a `JobContext`. What it throws is logged with job, tick and pod and goes no further.
 *
 * @param cronTime a cron expression of 5 fields (minute first) or 6 (second first), or a date to run once
 * @param options as those of `@Cron`; wrong ones are refused when the application starts
 */
export function LeaderCron(cronTime: CronTimeInput, options: LeaderCronOptions = {}): MethodDecorator {
  return (target, key, descriptor) => {
    const method: unknown = descriptor.value;
    if (typeof key === 'symbol' || typeof target === 'function' || typeof method !== 'function') {
      throw new UnsupportedJobError({
        problem: '@LeaderCron stands on something that Nest cannot find: a static or symbol-named member',
        received: String(key),
        remedy: 'Decorate an ordinary method of a provider or controller',
      });
    }
    const earlier = jobDefinitions(method);
    Reflect.defineMetadata(METADATA_KEY, [...earlier, { cronTime, options }], method);
  };
}

/** Reads what `LeaderCron` left on a method, the lowest decorator first. */
export function jobDefinitions(method: object): readonly JobDefinition[] {
  return (Reflect.getOwnMetadata(METADATA_KEY, method) as JobDefinition[] | undefined) ?? [];
}

import 'reflect-metadata';

import { UnsupportedJobError } from '../core/errors.js';
import type { JobDefinition } from '../core/job-definition.js';

/** A fixed, global key, so that two copies of this package understand each other. */
const METADATA_KEY = Symbol.for('nestjs-leader-schedule:leader-cron');

/** A decorator that makes a method a job; on one method there may be several. */
export function definesJob(definition: JobDefinition): MethodDecorator {
  return (target, key, descriptor) => {
    const method: unknown = descriptor.value;
    if (typeof key === 'symbol' || typeof target === 'function' || typeof method !== 'function')
      throw unsupported(definition, key);
    Reflect.defineMetadata(METADATA_KEY, [...jobDefinitions(method), definition], method);
  };
}

/** Reads what decorators left on a method, the lowest one first. */
export function jobDefinitions(method: object): readonly JobDefinition[] {
  return (Reflect.getOwnMetadata(METADATA_KEY, method) as JobDefinition[] | undefined) ?? [];
}

function unsupported({ decorator = 'LeaderCron' }: JobDefinition, key: string | symbol): UnsupportedJobError {
  return new UnsupportedJobError({
    problem: `@${decorator} stands on something that Nest cannot find: a static or symbol-named member`,
    received: String(key),
    remedy: 'Decorate an ordinary method of a provider or controller',
  });
}

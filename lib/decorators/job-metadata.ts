import 'reflect-metadata';

import type { JobDefinition } from '../core/job/job-definition.js';
import type { JobContext } from '../core/job/job.js';
import { decoratedMethod } from './decorated-method.js';
import type { DecoratesMethod } from './decorates-method.js';

/** A fixed, global key, so that two copies of this package understand each other. */
const METADATA_KEY = Symbol.for('nestjs-leader-schedule:leader-cron');
/** Where a class notes the names of its methods that were decorated. */
const NAMES_KEY = Symbol.for('nestjs-leader-schedule:decorated-methods');

/** A decorator that makes a method a job; on one method there may be several. */
export function definesJob(definition: JobDefinition): DecoratesMethod<JobContext> {
  return (target, key, descriptor) => {
    const decorator = `@${definition.decorator ?? 'LeaderCron'}`;
    const { method } = decoratedMethod(decorator, target, key, descriptor);
    Reflect.defineMetadata(METADATA_KEY, [...jobDefinitions(method), definition], method);
    Reflect.defineMetadata(NAMES_KEY, [...decoratedNames(target), String(key)], target);
  };
}

/**
 * The methods of a class, itself and not its parents, on which these decorators stand and which are not found: a decorator
 * above replaced the method and copied no metadata.
 */
export function lostMethods(prototype: object): readonly string[] {
  return decoratedNames(prototype).filter(name => {
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    return typeof method !== 'function' || jobDefinitions(method).length === 0;
  });
}

function decoratedNames(prototype: object): readonly string[] {
  return (Reflect.getOwnMetadata(NAMES_KEY, prototype) as string[] | undefined) ?? [];
}

/** Reads what decorators left on a method, the lowest one first. */
export function jobDefinitions(method: object): readonly JobDefinition[] {
  return (Reflect.getOwnMetadata(METADATA_KEY, method) as JobDefinition[] | undefined) ?? [];
}

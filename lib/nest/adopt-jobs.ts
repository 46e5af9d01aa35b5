import { ScheduleError } from '../core/errors/errors.js';
import { adoptedAmong, type AdoptableMethod, type Adopted, type JobAdoption } from '../core/job/adoption.js';
import { createJob, type JobDefaults } from '../core/job/create-job.js';
import { BUILT_IN_POLICY } from '../core/job/job-policy-options.js';
import { plainSchedule, type PlainSchedule } from '../decorators/plain-schedule.js';
import { jobHandler } from './job-handler.js';
import type { FoundMethod } from './method-scanner.js';
import type { DeclaredJob } from './name-clashes.js';

/** A method with a decorator of @nestjs/schedule. */
export interface PlainMethod extends AdoptableMethod {
  readonly found: FoundMethod;
  readonly schedule: PlainSchedule;
}

/** A method that became a leader job. */
export interface AdoptedJob extends DeclaredJob {
  readonly plain: PlainMethod;
}

/** A method that stays with @nestjs/schedule. */
export interface KeptMethod {
  readonly plain: PlainMethod;
  /** Why it cannot be adopted; `undefined` where `jobs.adopt` does not want it. */
  readonly reason: string | undefined;
}

/** The result of `jobs.adopt`. */
export interface AdoptionResult {
  readonly adopted: readonly AdoptedJob[];
  readonly kept: readonly KeptMethod[];
}

/**
 * Makes leader jobs of methods with decorators of @nestjs/schedule. One that cannot be a leader job stays what it is.
 *
 * @throws InvalidOptionsError for names and patterns without a method
 * @throws ScheduleError what is wrong with a method that `jobs.adopt` names, or with the options for it
 */
export function adoptJobs(
  methods: Iterable<FoundMethod>,
  adoption: JobAdoption,
  defaults: JobDefaults,
): AdoptionResult {
  const plain = plainMethods(methods);
  const wanted = adoptedAmong(adoption, plain);
  const results = wanted.map(one => adopt(one, defaults));
  const unwanted = plain.filter(one => !wanted.some(({ method }) => method === one));
  return {
    adopted: results.flatMap(result => ('job' in result ? result : [])),
    kept: [
      ...results.flatMap(result => ('job' in result ? [] : result)),
      ...unwanted.map(one => ({ plain: one, reason: undefined })),
    ],
  };
}

function plainMethods(methods: Iterable<FoundMethod>): readonly PlainMethod[] {
  return [...methods].flatMap(found => {
    const schedule = plainSchedule(found.method, found.name);
    if (schedule === undefined) return [];
    const { className, key, module, name } = found;
    const { decorator } = schedule;
    const named = { name: schedule.name ?? name, className, methodName: key, moduleName: module };
    return [{ ...named, decorator, found, schedule }];
  });
}

function adopt({ method, isNamed }: Adopted<PlainMethod>, defaults: JobDefaults): AdoptedJob | KeptMethod {
  try {
    return declare(method, defaults);
  } catch (error) {
    // Where the decorator is valid by itself, the options of the application are not.
    if (isNamed || !(error instanceof ScheduleError) || isValidAlone(method)) throw error;
    return { plain: method, reason: error.message };
  }
}

function declare(plain: PlainMethod, defaults: JobDefaults): AdoptedJob {
  const { found, schedule } = plain;
  const handler = jobHandler(found, withoutArguments);
  const job = createJob(found.name, schedule.definition, handler, defaults);
  return { job, definedAt: `${found.name} in ${found.module}`, method: found, plain };
}

/** As @nestjs/schedule calls it. */
function withoutArguments(): unknown[] {
  return [];
}

function isValidAlone(method: PlainMethod): boolean {
  try {
    declare(method, { policy: BUILT_IN_POLICY, ttlMs: 0 });
    return true;
  } catch {
    return false;
  }
}

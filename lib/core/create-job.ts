import { z } from 'zod';

import { CronSchedule, type CronTimeInput } from './cron-schedule.js';
import { InvalidCronError, InvalidOptionsError, ScheduleError } from './errors.js';
import { inspect } from './inspect.js';
import { JOB_POLICY_OPTIONS, jobPolicy } from './job-policy-options.js';
import type { JobPolicy, Overlap } from './job-policy.js';
import type { Job, JobHandler } from './job.js';
import { fieldOf, OptionProblem, optionShape } from './option-field.js';
import { at } from './option-path.js';
import { optionRefusals, type Refusal } from './option-refusals.js';
import { duration, durationOrNone, flag, jobName } from './option-readers.js';

/** What the decorator left on a method. */
export interface JobDefinition {
  readonly cronTime: CronTimeInput;
  /** As written by the user, not checked yet. */
  readonly options: unknown;
}

/** What holds for a job that says nothing else. */
export interface JobDefaults {
  readonly policy: JobPolicy;
  /** Time to live of the lease, which bounds the catch-up window from below. */
  readonly ttlMs: number;
}

const LEADER_CRON_FIELDS = {
  name: fieldOf(jobName),
  timeZone: fieldOf(timeZone),
  utcOffset: fieldOf(utcOffset),
  waitForCompletion: fieldOf(value => flag(value, 'code')),
  disabled: fieldOf(value => flag(value, 'code')),
  initialDelay: fieldOf(value => duration(0)(value, 'code')),
  unrefTimeout: fieldOf(value => flag(value, 'code')),
  threshold: fieldOf(value => durationOrNone(0)(value, 'code')),
};
const leaderCronOptions = z.strictObject({
  ...optionShape(JOB_POLICY_OPTIONS, 'code'),
  ...LEADER_CRON_FIELDS,
});
const KNOWN = [...Object.keys(LEADER_CRON_FIELDS), ...JOB_POLICY_OPTIONS.map(({ path }) => path)];

/**
 * Makes a job of its definition. Throws `InvalidOptionsError` or `InvalidCronError`, both naming the
 * method.
 */
export function createJob(
  method: string,
  { cronTime, options }: JobDefinition,
  handler: JobHandler,
  defaults: JobDefaults,
): Job {
  const parsed = leaderCronOptions.safeParse(options, { reportInput: true });
  if (!parsed.success) throw invalidOptions(method, optionRefusals(parsed.error.issues, KNOWN));
  const { data } = parsed;
  const zone = { timeZone: data.timeZone ?? undefined, utcOffset: data.utcOffset ?? undefined };
  return {
    name: data.name ?? nameOf(method),
    schedule: scheduleOf(method, () => CronSchedule.parse(cronTime, zone)),
    handler,
    policy: policyOf(method, data, defaults),
    disabled: data.disabled ?? false,
    unrefTimeout: data.unrefTimeout ?? false,
    initialDelayMs: data.initialDelay ?? 0,
    thresholdMs: data.threshold ?? Infinity,
  };
}

/** A method's own name may be one that a job's must not be: computed names can be anything. */
function nameOf(method: string): string {
  try {
    return jobName(method);
  } catch (problem) {
    if (!(problem instanceof OptionProblem)) throw problem;
    throw invalidOptions(method, [{ path: 'name', received: method, remedy: problem.message }]);
  }
}

function policyOf(method: string, data: z.infer<typeof leaderCronOptions>, defaults: JobDefaults): JobPolicy {
  const overlap = overlapOf(method, data.waitForCompletion ?? undefined, at(data, 'overlap'));
  const policy = jobPolicy({
    place: `@LeaderCron on ${method}`,
    written: path => at(data, path),
    fallback: defaults.policy,
    ttlMs: defaults.ttlMs,
  });
  return overlap === undefined ? policy : { ...policy, overlap };
}

/** What `waitForCompletion` of `@Cron` means here, if it is given. */
function overlapOf(method: string, waits: boolean | undefined, overlap: unknown): Overlap | undefined {
  if (waits === undefined) return undefined;
  const meant = waits ? 'skip' : 'allow';
  if (overlap == null || overlap === meant) return meant;
  throw new InvalidOptionsError({
    problem: `@LeaderCron on ${method}: waitForCompletion: ${waits} means overlap: '${meant}', and overlap says otherwise`,
    received: { waitForCompletion: waits, overlap },
    remedy: 'Leave waitForCompletion out',
  });
}

function timeZone(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new OptionProblem("Give an IANA time zone, such as 'Europe/Berlin'");
}

function utcOffset(value: unknown): number {
  if (typeof value === 'number' && Math.abs(value) <= 14 * 60) return value;
  throw new OptionProblem('Give minutes from -840 to 840');
}

function invalidOptions(method: string, refusals: readonly Refusal[]): InvalidOptionsError {
  const lines = refusals.map(
    ({ path, received, remedy }) => `${path || 'options'}: received ${inspect(received)}. ${remedy}`,
  );
  return new InvalidOptionsError({
    problem: `@LeaderCron on ${method} has options that cannot be used`,
    remedy: `Mend this:\n${lines.map(line => `  - ${line}`).join('\n')}`,
  });
}

function scheduleOf(method: string, parse: () => CronSchedule): CronSchedule {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof ScheduleError)) throw cause;
    throw new InvalidCronError({
      problem: `@LeaderCron on ${method}: ${cause.problem}`,
      received: cause.received,
      remedy: cause.remedy,
      cause,
    });
  }
}

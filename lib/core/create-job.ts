import { z } from 'zod';

import { CronSchedule, type CronTimeInput } from './cron-schedule.js';
import { InvalidCronError, InvalidOptionsError, ScheduleError } from './errors.js';
import { inspect } from './inspect.js';
import type { Job, JobHandler } from './job.js';
import { fieldOf } from './option-field.js';
import { duration } from './option-table.js';

/** What the decorator left on a method. */
export interface JobDefinition {
  readonly cronTime: CronTimeInput;
  /** As written by the user, not checked yet. */
  readonly options: unknown;
}

const milliseconds = fieldOf(value => duration(0)(value, 'code'));

const leaderCronOptions = z.strictObject({
  name: z.string().trim().min(1).optional(),
  timeZone: z.string().min(1).optional(),
  utcOffset: z
    .number()
    .min(-14 * 60)
    .max(14 * 60)
    .optional(),
  waitForCompletion: z.boolean().default(false),
  disabled: z.boolean().default(false),
  initialDelay: milliseconds,
  unrefTimeout: z.boolean().default(false),
  threshold: milliseconds,
});

/**
 * Makes a job of its definition. Throws `InvalidOptionsError` or `InvalidCronError`, both naming the
 * method.
 */
export function createJob(method: string, { cronTime, options }: JobDefinition, handler: JobHandler): Job {
  const parsed = leaderCronOptions.safeParse(options, { reportInput: true });
  if (!parsed.success) throw invalidOptions(method, parsed.error.issues);
  const { name, timeZone, utcOffset, initialDelay, threshold, ...flags } = parsed.data;
  return {
    ...flags,
    name: name ?? method,
    schedule: scheduleOf(method, () => CronSchedule.parse(cronTime, { timeZone, utcOffset })),
    handler,
    initialDelayMs: initialDelay ?? 0,
    thresholdMs: threshold ?? Infinity,
  };
}

function invalidOptions(method: string, issues: readonly z.core.$ZodIssue[]): InvalidOptionsError {
  const lines = issues.map(
    issue => `${[...issue.path].join('.') || 'options'}: received ${inspect(issue.input)}. ${issue.message}`,
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

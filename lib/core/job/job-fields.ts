/* The options of a single job, beside its policy: on a decorator, and below the job's name in the settings. */
import { ScheduleError } from '../errors/errors.js';
import { JOB_POLICY_OPTIONS } from './job-policy-options.js';
import { OptionProblem, type OptionField } from '../options/option-field.js';
import { duration, durationOrNone, flag, jobName } from '../options/option-readers.js';
import { nearestZone } from '../schedule/nearest-zone.js';
import { parseSchedule } from '../schedule/parse-schedule.js';
import type { CronTimeInput } from '../schedule/cron-schedule.js';

const COMMON: readonly OptionField[] = [
  ...JOB_POLICY_OPTIONS,
  { path: 'disabled', read: flag },
  { path: 'initialDelay', read: duration(0) },
  { path: 'unrefTimeout', read: flag },
  { path: 'threshold', read: durationOrNone(0) },
];

const ZONE: readonly OptionField[] = [
  { path: 'timeZone', read: timeZone },
  { path: 'utcOffset', read: utcOffset },
];

/** Options of `@LeaderInterval` and `@LeaderTimeout`. */
export const DECORATOR_FIELDS: readonly OptionField[] = [
  ...COMMON,
  { path: 'name', read: jobName },
  { path: 'waitForCompletion', read: flag },
];

/** Options of `@LeaderCron`. */
export const LEADER_CRON_FIELDS: readonly OptionField[] = [...DECORATOR_FIELDS, ...ZONE];

/** The options of a job below `jobs.<name>`. */
export const SETTINGS_FIELDS: readonly OptionField[] = [
  { path: 'cron', read: cron },
  { path: 'timeZone', read: knownZone },
  { path: 'utcOffset', read: utcOffset },
  ...COMMON,
];

/** Parsed here without the job's zone, so that an invalid one is refused where it is written. */
function cron(value: unknown): CronTimeInput {
  try {
    parseSchedule(value as CronTimeInput);
    return value as CronTimeInput;
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new OptionProblem(`${error.problem}. ${error.remedy}`);
  }
}

function timeZone(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new OptionProblem("Give an IANA time zone, such as 'Europe/Berlin'");
}

/** Refused where it is written, beside all else that is wrong there. */
function knownZone(value: unknown): string {
  const zone = timeZone(value);
  try {
    parseSchedule('@daily', { timeZone: zone });
    return zone;
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    const nearest = nearestZone(zone);
    const hint =
      nearest === undefined ? "Give one of IANA, such as 'Europe/Berlin'" : `Did you mean '${nearest}'?`;
    throw new OptionProblem(`There is no such time zone. ${hint}`);
  }
}

function utcOffset(value: unknown): number {
  if (typeof value === 'number' && Math.abs(value) <= 14 * 60) return value;
  throw new OptionProblem('Give minutes from -840 to 840');
}

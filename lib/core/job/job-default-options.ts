/* The options below `jobs.defaults` beside the policy. */
import { ScheduleError } from '../errors/errors.js';
import { OptionProblem } from '../options/option-field.js';
import { flag } from '../options/option-readers.js';
import { parseSchedule } from '../schedule/parse-schedule.js';
import type { JobPolicyOption } from './job-policy-options.js';

/** In the order of the documentation. */
export const JOB_DEFAULT_OPTIONS: readonly JobPolicyOption[] = [
  {
    path: 'timeZone',
    default: '',
    description:
      'IANA zone of jobs that set neither `timeZone` nor `utcOffset`. Without it: the zone of the process.',
    read: timeZone,
  },
  {
    path: 'disabled',
    default: 'false',
    description: 'Jobs are registered but not started on this pod. A job with `disabled: false` is.',
    read: flag,
  },
];

/** Checked here, with a schedule that any zone has, so that it is refused once and not for each job. */
function timeZone(value: unknown): string {
  if (typeof value === 'string' && value !== '' && isZone(value)) return value;
  throw new OptionProblem("Give an IANA time zone, such as 'Europe/Berlin'");
}

function isZone(name: string): boolean {
  try {
    parseSchedule('@daily', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof ScheduleError) return false;
    throw error;
  }
}

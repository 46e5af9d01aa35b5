import type { JobPolicy } from './job-policy.js';
import { at } from '../options/option-path.js';
import { parseSchedule } from '../schedule/parse-schedule.js';
import type { Schedule } from '../schedule/schedule.js';

/** The description of a job that the leader announces, for display. */
export interface JobDescription {
  /** The schedule in force, as it was written. */
  readonly schedule: string;
  /** IANA name; empty where the schedule has none. */
  readonly timeZone: string;
  /** Class, method and module, or where it was created. */
  readonly definedAt: string;
  /** Disabled, or stopped by a user: it has no ticks. */
  readonly isStopped: boolean;
  readonly overlap: JobPolicy['overlap'];
  readonly catchUp: JobPolicy['catchUp'];
}

/** As it stands in the store. */
export function formatDescription(description: JobDescription): string {
  return JSON.stringify(description);
}

/** Reads what stands in the store; what is missing or of another kind, as an older version may have left it, is empty. */
export function parseDescription(text: string): JobDescription {
  const tree = parse(text);
  const word = (path: string): string => {
    const value = at(tree, path);
    return typeof value === 'string' ? value : '';
  };
  const overlap = word('overlap');
  const catchUp = word('catchUp');
  return {
    schedule: word('schedule'),
    timeZone: word('timeZone'),
    definedAt: word('definedAt'),
    isStopped: at(tree, 'isStopped') === true,
    overlap: overlap === 'allow' || overlap === 'queue' ? overlap : 'skip',
    catchUp: catchUp === 'all' || catchUp === 'skip' ? catchUp : 'latest',
  };
}

/** The schedule in force; `undefined` where this process cannot read it, as with a zone that it does not know. */
export function describedSchedule({ schedule, timeZone }: JobDescription): Schedule | undefined {
  const isDate = schedule.length < 40 && /^\d{4}-\d\d-\d\dT/.test(schedule);
  const zone = { timeZone: timeZone === '' ? undefined : timeZone };
  try {
    return isDate ? parseSchedule(new Date(schedule)) : parseSchedule(schedule, zone);
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

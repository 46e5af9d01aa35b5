import { assertLength } from './cron-schedule.js';
import { at } from '../options/option-path.js';
import { parseSchedule } from './parse-schedule.js';
import type { Schedule } from './schedule.js';

/** A schedule that overrides a job's own, as it stands in the store. */
export interface ScheduleOverride {
  readonly schedule: string;
  /** IANA name; the zone of the process where there is none. */
  readonly timeZone?: string | undefined;
}

/** The text in the store. Equal overrides have equal texts. */
export function formatOverride({ schedule, timeZone }: ScheduleOverride): string {
  return JSON.stringify({ schedule, timeZone });
}

/** The same with the instant since which it holds (Unix ms), as stores keep it. */
export function withSince(override: string, now: number): string {
  return override.replace(/\}$/, `,"since":${now}}`);
}

/** The text as it was requested. */
export function withoutSince(override: string): string {
  return override.replace(SINCE, '}');
}

/** The instant since which an override holds; `undefined` where that is not known, as of 0.3. */
export function sinceOf(override: string): Date | undefined {
  const since = new Date(Number(SINCE.exec(override)?.[1]));
  return Number.isNaN(since.getTime()) ? undefined : since;
}

const SINCE = /,"since":(\d{1,16})\}$/;

/** An expression and a zone at their longest, with all that JSON escapes. */
const MAX_TEXT = 10_000;

/** Throws `InvalidCronError` where it cannot be read. */
export function scheduleOfOverride(text: string): Schedule {
  assertLength('schedule', text, MAX_TEXT);
  const tree: unknown = JSON.parse(text);
  const timeZone = at(tree, 'timeZone');
  return parseSchedule(String(at(tree, 'schedule')), {
    timeZone: typeof timeZone === 'string' ? timeZone : undefined,
  });
}

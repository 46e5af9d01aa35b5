import cronstrue from 'cronstrue';

import { CronSchedule, MAX_EXPRESSION } from './cron-schedule.js';
import { IntervalSchedule } from './interval-schedule.js';
import { NO_SCHEDULE } from './no-schedule.js';
import type { Schedule } from './schedule.js';
import { TermSchedule } from './term-schedule.js';

/** Descriptors of cron that are unknown to cronstrue. */
const PRESETS: Readonly<Record<string, string>> = {
  '@secondly': '* * * * * *',
  '@minutely': '* * * * *',
  '@weekdays': '0 0 * * 1-5',
  '@weekends': '0 0 * * 0,6',
};

const UNITS = [
  [24 * 3_600_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
  [1, 'millisecond'],
] as const;

/**
 * A schedule in English words, for people: `At 09:00, Monday through Friday (Europe/Berlin)`, `Every 90 seconds`. Not
 * stable: never compare it. Never throws; a schedule without a description is returned as its source.
 */
export function scheduleInWords(schedule: Schedule): string {
  if (schedule.fingerprint === NO_SCHEDULE.fingerprint) return 'Only when it is run manually';
  if (schedule instanceof IntervalSchedule)
    return `Every ${durationInWords(schedule.everyMs).replace(/^1 /, '')}`;
  if (schedule instanceof TermSchedule) return termInWords(schedule);
  if (schedule instanceof CronSchedule && schedule.isDate) return `Once, at ${schedule.source}`;
  return expressionInWords(schedule);
}

function termInWords({ delayMs }: TermSchedule): string {
  const when = delayMs === 0 ? 'As soon as' : `${durationInWords(delayMs)} after`;
  return `${when} a pod begins to lead`;
}

function expressionInWords({ source, timeZone }: Schedule): string {
  if (source.length > MAX_EXPRESSION) return source;
  try {
    const words = cronstrue.toString(PRESETS[source] ?? source, { use24HourTimeFormat: true });
    return timeZone === undefined ? words : `${words} (${timeZone})`;
  } catch {
    return source;
  }
}

/** In the largest unit that is not above it and divides it. */
function durationInWords(ms: number): string {
  const [unitMs, name] = UNITS.find(([size]) => ms >= size && ms % size === 0) ?? UNITS[4];
  const count = ms / unitMs;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

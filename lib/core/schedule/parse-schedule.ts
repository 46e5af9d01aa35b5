import {
  assertLength,
  CronSchedule,
  MAX_EXPRESSION,
  type CronTimeInput,
  type ZoneOptions,
} from './cron-schedule.js';
import { formatDuration, parseDuration, withoutDays, type Duration } from '../options/duration.js';
import { InvalidCronError } from '../errors/errors.js';
import { IntervalSchedule } from './interval-schedule.js';
import { nearestName } from '../errors/nearest-name.js';
import { NO_SCHEDULE } from './no-schedule.js';
import type { Schedule } from './schedule.js';
import { TermSchedule } from './term-schedule.js';

/** Each tick costs questions to Redis: what is due more often than a hundred times a second is no schedule. */
const MIN_INTERVAL_MS = 10;
const MAX_MS = 366 * 24 * 3_600_000;

/** The meaning of descriptors without argument: those of robfig/cron, and the further ones of cron. */
const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '@yearly',
  '@annually': '@yearly',
  '@monthly': '@monthly',
  '@weekly': '@weekly',
  '@daily': '@daily',
  '@midnight': '@daily',
  '@hourly': '@hourly',
  '@minutely': '@minutely',
  '@secondly': '@secondly',
  '@weekdays': '@weekdays',
  '@weekends': '@weekends',
};

const NAMES = ['@every 30s', '@timeout 30s', ...Object.keys(DESCRIPTORS)];

/**
 * Makes a schedule of what a user wrote.
 *
 * @param written a cron expression of 5 fields (minute first) or 6 (second first); a descriptor: `@every 30s` (10 ms to
 *   366 days), `@timeout 5s` (once per term of leading), `@hourly`, `@daily` or `@midnight`, `@weekly`, `@monthly`,
 *   `@yearly` or `@annually`; a Date, or a DateTime of luxon, to run once; `-` or nothing (`''`): no ticks
 * @param zone where an expression or a descriptor such as `@daily` is read; the others need none
 * @throws InvalidCronError with what was received, when it cannot be read or never fires
 */
export function parseSchedule(written: CronTimeInput, zone: ZoneOptions = {}): Schedule {
  if (typeof written !== 'string') return CronSchedule.parse(dateOf(written), zone);
  assertLength('schedule', written, MAX_EXPRESSION);
  const text = written.trim();
  if (text === '' || text === '-') return NO_SCHEDULE;
  return text.startsWith('@') ? described(text, zone) : CronSchedule.parse(written, zone);
}

/** A value from JavaScript, or from a function of the configuration, may be of any type. */
function dateOf<Written>(written: Written): Written {
  const isDate =
    written instanceof Date || typeof (written as { toMillis?: unknown } | null)?.toMillis === 'function';
  if (isDate) return written;
  throw new InvalidCronError({
    problem: 'This is no schedule',
    received: written,
    remedy: "Give a cron expression, a descriptor such as '@every 30s', a Date, or '-' for a job that is off",
  });
}

/** `@every <duration>`, of a duration as it was written; a number is one in milliseconds. */
export function parseInterval(written: Duration): IntervalSchedule {
  const ms = wholeMs(written, '@every 30s');
  if (ms >= MIN_INTERVAL_MS && ms <= MAX_MS) return new IntervalSchedule(ms);
  throw new InvalidCronError({
    problem: `An interval is at least ${MIN_INTERVAL_MS} ms: each of its ticks is claimed`,
    received: written,
    remedy: `Give a duration between ${MIN_INTERVAL_MS}ms and ${formatDuration(MAX_MS)}, or '-' to switch the job off`,
  });
}

/** `@timeout <duration>`: once per term, the duration after it began; 0 means at once. */
export function parseTimeout(written: Duration): TermSchedule {
  const ms = wholeMs(written, '@timeout 30s');
  if (ms <= MAX_MS) return new TermSchedule(ms);
  throw new InvalidCronError({
    problem: 'A timeout is too long',
    received: written,
    remedy: `Give a duration up to ${formatDuration(MAX_MS)}`,
  });
}

function described(text: string, zone: ZoneOptions): Schedule {
  const [name = '', ...rest] = text.toLowerCase().split(/\s+/);
  const argument = rest.join(' ');
  if (name === '@every') return parseInterval(argument);
  if (name === '@timeout') return parseTimeout(argument);
  const preset = DESCRIPTORS[name];
  if (preset === undefined || argument !== '') throw unknownDescriptor(text, name);
  return CronSchedule.parse(preset, zone);
}

function wholeMs(written: Duration, example: string): number {
  const ms = typeof written === 'string' ? parseDuration(written) : written;
  if (ms !== undefined && Number.isInteger(ms) && ms >= 0) return ms;
  const inHours = typeof written === 'string' ? withoutDays(written) : undefined;
  throw new InvalidCronError({
    problem: 'This is no duration in whole milliseconds',
    received: written,
    remedy:
      inHours === undefined
        ? `Give one with its units, such as '1m30s' or '500ms': '${example}'`
        : `There are no days or weeks: write '${inHours}'`,
  });
}

function unknownDescriptor(received: string, name: string): InvalidCronError {
  const guess = nearestName(name, Object.keys(DESCRIPTORS));
  const hint = guess === undefined ? '' : `Did you mean '${guess}'? `;
  return new InvalidCronError({
    problem: 'There is no such descriptor of a schedule',
    received,
    remedy: `${hint}There are ${NAMES.join(', ')}; anything else is a cron expression`,
  });
}

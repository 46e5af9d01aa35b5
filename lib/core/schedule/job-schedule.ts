import type { CronTimeInput, ZoneOptions } from './cron-schedule.js';
import { InvalidCronError, ScheduleError } from '../errors/errors.js';
import type { JobDefinition, OptionFactory, ScheduleContext } from '../job/job-definition.js';
import { callFactory, type Given } from '../options/call-factory.js';
import type { Duration } from '../options/duration.js';
import { at } from '../options/option-path.js';
import { parseInterval, parseSchedule, parseTimeout } from './parse-schedule.js';
import type { Schedule } from './schedule.js';

/** The definition and the options that decide when a job ticks. */
export interface ScheduleSources {
  /** Begins the message when something is wrong. */
  readonly place: string;
  readonly definition: JobDefinition;
  /** Options that may have `cron`, `timeZone` or `utcOffset`, checked; the strongest first. */
  readonly sources: readonly unknown[];
  /** The argument of the definition's function. */
  readonly context: ScheduleContext;
}

/**
 * The schedule of a job: the strongest `cron` option, otherwise the definition. Throws `InvalidCronError`, or
 * `InvalidOptionsError` where the definition reads a configuration and there is none.
 */
export function jobSchedule({ place, definition, sources, context }: ScheduleSources): Schedule {
  const replaced = sources
    .map(source => at(source, 'cron'))
    .find(value => value !== undefined && value !== null);
  const zone = zoneOf(sources);
  if (replaced !== undefined) return parsed(place, () => parseSchedule(replaced as CronTimeInput, zone));
  if ('cronTime' in definition) {
    const written = given(place, definition.cronTime, context);
    return parsed(place, () => parseSchedule(written, zone));
  }
  const parse = definition.decorator === 'LeaderInterval' ? parseInterval : parseTimeout;
  const duration = given(place, definition.duration, context);
  return parsed(place, () => parse(duration));
}

/** Zone and offset come from one source: a zone replaces the offset of a weaker source. */
function zoneOf(sources: readonly unknown[]): ZoneOptions {
  const zones = sources.map(source => ({
    timeZone: at(source, 'timeZone'),
    utcOffset: at(source, 'utcOffset'),
  }));
  const { timeZone, utcOffset } = zones.find(zone => zone.timeZone != null || zone.utcOffset != null) ?? {};
  return {
    timeZone: typeof timeZone === 'string' ? timeZone : undefined,
    utcOffset: typeof utcOffset === 'number' ? utcOffset : undefined,
  };
}

/** The schedule or duration as it is written, or as its function returns it. */
function given<Written extends CronTimeInput | Duration>(
  place: string,
  written: Written | OptionFactory<Written>,
  context: ScheduleContext,
): Written {
  if (typeof written !== 'function') return written;
  const result = callFactory(() => written(context));
  if (!('value' in result)) throw noSchedule(place, result);
  // Of whatever type it is, what parses it refuses what is none.
  if (result.value !== undefined && result.value !== null) return result.value as Written;
  throw new InvalidCronError({
    problem: `${place}: the function that gives its schedule returned nothing`,
    received: result.value,
    remedy: "Check the path that it reads, or return '-' for a job that is off",
  });
}

function noSchedule(place: string, failure: Exclude<Given, { value: unknown }>): InvalidCronError {
  const {
    problem,
    remedy = "Let it return a cron expression, a descriptor, a Date, or '-' for a job that is off",
  } = failure;
  return new InvalidCronError({
    problem: `${place}: the function that gives its schedule ${problem}`,
    remedy,
    cause: failure.cause,
  });
}

function parsed(place: string, parse: () => Schedule): Schedule {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof ScheduleError)) throw cause;
    throw new InvalidCronError({
      problem: `${place}: ${cause.problem}`,
      received: cause.received,
      remedy: cause.remedy,
      cause,
    });
  }
}

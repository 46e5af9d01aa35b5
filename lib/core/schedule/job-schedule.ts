import type { CronTimeInput, ZoneOptions } from './cron-schedule.js';
import { InvalidCronError, InvalidOptionsError, ScheduleError } from '../errors/errors.js';
import type { ConfigReader, JobDefinition, ScheduleFactory } from '../job/job-definition.js';
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
  readonly config: ConfigReader | undefined;
}

/**
 * The schedule of a job: the strongest `cron` option, otherwise the definition. Throws `InvalidCronError`, or
 * `InvalidOptionsError` where the definition reads a configuration and there is none.
 */
export function jobSchedule({ place, definition, sources, config }: ScheduleSources): Schedule {
  const replaced = sources
    .map(source => at(source, 'cron'))
    .find(value => value !== undefined && value !== null);
  const zone = zoneOf(sources);
  if (replaced !== undefined) return parsed(place, () => parseSchedule(replaced as CronTimeInput, zone));
  if ('cronTime' in definition) {
    const { cronTime } = definition;
    const written = typeof cronTime === 'function' ? called(place, cronTime, config) : cronTime;
    return parsed(place, () => parseSchedule(written, zone));
  }
  const parse = definition.decorator === 'LeaderInterval' ? parseInterval : parseTimeout;
  return parsed(place, () => parse(definition.duration));
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

function called(place: string, factory: ScheduleFactory, config: ConfigReader | undefined): CronTimeInput {
  const written = resultOf(place, factory, config ?? noConfig(place));
  if (written !== undefined && written !== null) return written;
  throw new InvalidCronError({
    problem: `${place}: the function that gives its schedule returned nothing`,
    received: written,
    remedy: "Check the path that it reads, or return '-' for a job that is off",
  });
}

function resultOf(
  place: string,
  factory: ScheduleFactory,
  config: ConfigReader,
): CronTimeInput | undefined | null {
  try {
    return factory({ config });
  } catch (cause) {
    if (cause instanceof InvalidOptionsError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidCronError({
      problem: `${place}: the function that gives its schedule threw: ${reason}`,
      remedy: "Let it return a cron expression, a descriptor, a Date, or '-' for a job that is off",
      cause,
    });
  }
}

function noConfig(place: string): ConfigReader {
  return {
    get: path => {
      throw new InvalidOptionsError({
        problem: `${place}: its schedule is read from the configuration, and there is no ConfigService`,
        received: path,
        remedy:
          'Run `npm install @nestjs/config` and import ConfigModule.forRoot(), or give the schedule itself',
      });
    },
  };
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

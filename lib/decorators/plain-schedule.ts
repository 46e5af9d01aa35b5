import 'reflect-metadata';

import type { PlainDecorator } from '../core/job/adoption.js';
import type { JobDefinition } from '../core/job/job-definition.js';
import type { CronTimeInput } from '../core/schedule/cron-schedule.js';

/* The keys of the metadata of @nestjs/schedule, which it does not export: equal in its versions 6 and 12. */
const TYPE = 'SCHEDULER_TYPE';
const NAME = 'SCHEDULER_NAME';
const CRON_OPTIONS = 'SCHEDULE_CRON_OPTIONS';
const DURATION_OPTIONS = {
  Interval: 'SCHEDULE_INTERVAL_OPTIONS',
  Timeout: 'SCHEDULE_TIMEOUT_OPTIONS',
} as const;
const DECORATORS: Readonly<Record<number, PlainDecorator>> = { 1: 'Cron', 2: 'Timeout', 3: 'Interval' };

/** The metadata of a decorator of @nestjs/schedule. */
export interface PlainSchedule {
  readonly decorator: PlainDecorator;
  /** `undefined` where the decorator gives none. */
  readonly name: string | undefined;
  /** The same as a leader job. */
  readonly definition: JobDefinition;
}

/**
 * Reads what `@Cron`, `@Interval` or `@Timeout`, or a decorator built on them, left on a method; of several the uppermost.
 *
 * @param method the function
 * @param path `Class.method`, for messages
 */
export function plainSchedule(method: object, path: string): PlainSchedule | undefined {
  const decorator = DECORATORS[Number(Reflect.getMetadata(TYPE, method))];
  if (decorator === undefined) return undefined;
  const place = `@${decorator} on ${path}`;
  const definition =
    decorator === 'Cron' ? cronDefinition(method, place) : durationDefinition(decorator, method, place);
  return { decorator, name: nameOf(method), definition };
}

/** @nestjs/schedule takes an empty name for none. */
function nameOf(method: object): string | undefined {
  const name: unknown = Reflect.getMetadata(NAME, method);
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function cronDefinition(method: object, place: string): JobDefinition {
  const { cronTime, ...options } = optionsAt(CRON_OPTIONS, method);
  return { place, cronTime: cronTime as CronTimeInput, options: { ...options, name: nameOf(method) } };
}

function durationDefinition(decorator: 'Interval' | 'Timeout', method: object, place: string): JobDefinition {
  const { timeout } = optionsAt(DURATION_OPTIONS[decorator], method);
  return {
    place,
    decorator: `Leader${decorator}`,
    duration: timeout as number,
    options: { name: nameOf(method) },
  };
}

function optionsAt(key: string, method: object): Record<string, unknown> {
  return { ...(Reflect.getMetadata(key, method) as object | undefined) };
}

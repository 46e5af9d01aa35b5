import { inspect } from 'node:util';

import { ConsoleLogger } from '@nestjs/common';

import { errorFacts } from './core/error-facts.js';
import type { ScheduleEvent } from './core/events.js';

/** From version 12 on, Nest's logger takes an object beside the message; before, it made another line of it. */
const TAKES_FIELDS = 'stringifyParams' in ConsoleLogger.prototype;

/**
 * What to pass to a Nest logger after a message that says all this in words: the fields of a record in JSON, nothing
 * in text. Nothing at all with Nest 11.
 */
export function logFields(fields: object): readonly object[] {
  return TAKES_FIELDS ? [{ ...fields, [inspect.custom]: silentInText(fields) }] : [];
}

/** What an event says, as fields: `event`, `pod`, the `token` of a term, the message of an `error`, and the rest. */
export function eventFields({ type, ...facts }: ScheduleEvent, pod: string): object {
  return { event: type, pod, ...Object.fromEntries(Object.entries(facts).map(toField)) };
}

function toField([key, value]: [string, unknown]): [string, unknown] {
  if (key === 'error' || key === 'cause') return ['error', errorFacts(value).errorMessage];
  if (value instanceof Date) return [key, value.toISOString()];
  if (Array.isArray(value)) return [key, value.join(', ')];
  return isTerm(value) ? ['token', value.token] : [key, value];
}

function isTerm(value: unknown): value is { readonly token: number } {
  return typeof value === 'object' && value !== null && 'token' in value;
}

/** Nest's logger inspects the fields behind a message in text, and the whole record in coloured JSON. */
function silentInText(fields: object) {
  return (depth: unknown, options: { readonly depth?: unknown }): unknown =>
    depth === options.depth ? '' : { ...fields };
}

import { inspect } from 'node:util';

import { ConsoleLogger } from '@nestjs/common';

import { errorFacts } from '../core/errors/error-facts.js';
import type { ScheduleEvent } from '../core/events.js';
import { redact } from '../core/errors/redact.js';
import { MAX_TEXT, oneLine } from '../core/errors/sanitize.js';

/** From version 12 on, Nest's logger takes an object beside the message; before, it made another line of it. */
const TAKES_FIELDS = 'stringifyParams' in ConsoleLogger.prototype;

/**
 * What to pass to a Nest logger after a message that says all this in words: the fields of a record in JSON, nothing
 * in text. Nothing at all with Nest 11.
 */
export function logFields(fields: object): readonly object[] {
  if (!TAKES_FIELDS) return [];
  const shown = { ...fields, [inspect.custom]: silentInText(fields) };
  made.add(shown);
  return [shown];
}

const made = new WeakSet<object>();

/** Whether it is what `logFields` made. */
export function areLogFields(value: unknown): boolean {
  return typeof value === 'object' && value !== null && made.has(value);
}

/** What an event says, as fields: `event`, `pod`, the `token` of a term, the message of an `error`, and the rest. */
export function eventFields({ type, ...facts }: ScheduleEvent, pod: string): object {
  return { event: type, pod, ...Object.fromEntries(Object.entries(facts).map(toField)) };
}

function toField([key, value]: [string, unknown]): [string, unknown] {
  if (key === 'error' || key === 'cause') return ['error', errorFacts(value).errorMessage];
  if (value instanceof Date) return [key, value.toISOString()];
  if (Array.isArray(value)) return [key, safe(value.join(', '))];
  if (typeof value === 'string') return [key, safe(value)];
  return isTerm(value) ? ['token', value.token] : [key, value];
}

function safe(text: string): string {
  return oneLine(redact(text.slice(0, 2 * MAX_TEXT)));
}

function isTerm(value: unknown): value is { readonly token: number } {
  return typeof value === 'object' && value !== null && 'token' in value;
}

/** Nest's logger inspects the fields behind a message in text, and the whole record in coloured JSON. */
function silentInText(fields: object) {
  return (depth: unknown, options: { readonly depth?: unknown }): unknown =>
    depth === options.depth ? '' : { ...fields };
}

import { errorFacts } from '../core/errors/error-facts.js';
import { redact } from '../core/errors/redact.js';
import { MAX_TEXT, oneLine } from '../core/errors/sanitize.js';
import type { ScheduleEvent } from '../core/events.js';

/** The facts of an event, as fields: `event`, `pod`, the `token` of a term, the message of an `error`, and the rest. */
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

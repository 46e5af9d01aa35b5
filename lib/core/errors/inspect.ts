import { instanceOf, redactedValue } from './redact-value.js';
import { redact } from './redact.js';
import { oneLine } from './sanitize.js';

const MAX_LENGTH = 200;

/** A value as it may stand in an error message: one line, bounded, without secrets. */
export function inspect(value: unknown): string {
  return oneLine(redact(describe(value)), MAX_LENGTH);
}

/** The kind of a value, without any of its content. */
export function inspectKind(value: unknown): string {
  if (typeof value === 'string') return value === '' ? "''" : 'a text that is not shown';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object' || value === null) return inspect(value);
  const names = Object.keys(value).slice(0, 20).join(', ');
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) return instanceOf(value);
  return oneLine(redact(`an object with ${names === '' ? 'nothing in it' : names}`), MAX_LENGTH);
}

function describe(value: unknown): string {
  // Credentials may begin before the end of what is shown, and end after it.
  if (typeof value === 'string') return `'${value.slice(0, 10 * MAX_LENGTH)}'`;
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null && !Array.isArray(value)) return instanceOf(value);
  return asJson(value);
}

function asJson(value: object): string {
  try {
    return JSON.stringify(redactedValue(value)).slice(0, 10 * MAX_LENGTH);
  } catch {
    return 'an object that cannot be printed';
  }
}

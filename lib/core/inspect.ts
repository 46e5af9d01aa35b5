import { instanceOf, redactedValue } from './redact-value.js';
import { redact } from './redact.js';
import { oneLine } from './sanitize.js';

const MAX_LENGTH = 200;

/** A value as it may stand in an error message: one line, bounded, without secrets. */
export function inspect(value: unknown): string {
  return oneLine(redact(describe(value)), MAX_LENGTH);
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

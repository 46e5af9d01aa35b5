import { inspect } from 'node:util';

import { ConsoleLogger } from '@nestjs/common';

/** From version 12 on, Nest's logger takes an object beside the message; before, it made another line of it. */
const TAKES_FIELDS = 'stringifyParams' in ConsoleLogger.prototype;

/**
 * The arguments for a Nest logger after a message: the fields of a record in JSON, none in text, because the message
 * has the same facts. None with Nest 11.
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

/** Nest's logger inspects the fields behind a message in text, and the whole record in coloured JSON. */
function silentInText(fields: object) {
  return (depth: unknown, options: { readonly depth?: unknown }): unknown =>
    depth === options.depth ? '' : { ...fields };
}

import { redactedValue } from './redact-value.js';
import { HIDDEN, redact } from './redact.js';
import { manyLines, MAX_TEXT } from './sanitize.js';

/** They may go round in circles. */
const MAX_DEPTH = 4;
const OWN = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/**
 * The cause of an error of ours as it may be seen by anything that prints it: the same error where it holds nothing
 * secret, otherwise one of the same class that says the same without that. ioredis keeps the arguments of AUTH on its
 * errors, Node the address that could not be parsed.
 */
export function redactedCause(cause: unknown, depth = MAX_DEPTH): unknown {
  try {
    return cause instanceof Error ? redactedError(cause, depth) : redactedValue(cause);
  } catch {
    return 'An error that could not be read';
  }
}

function redactedError(error: Error, depth: number): unknown {
  if (depth <= 0) return textOf(String(error.message));
  const facts = { ...ownFacts(error), ...nested(error, depth) };
  const message = textOf(String(error.message));
  const stack = typeof error.stack === 'string' ? stackOf(error.stack) : undefined;
  const isSafe =
    message === error.message &&
    stack === error.stack &&
    Object.entries(facts).every(([name, value]) => value === Reflect.get(error, name));
  return isSafe ? error : like(error, { message, stack, name: textOf(String(error.name)) }, facts);
}

/** Its properties beside those of every error. Of a command only its name: its arguments may be a login. */
function ownFacts(error: Error): Record<string, unknown> {
  const names = Object.keys(error).filter(name => !OWN.has(name));
  return Object.fromEntries(
    names.map(name => {
      const value: unknown = Reflect.get(error, name);
      return [name, name === 'command' ? commandName(value) : fact(name, value)];
    }),
  );
}

function fact(name: string, value: unknown): unknown {
  // Node keeps there a text that it could not parse as a URL: the position of the credentials is unknown.
  if (name === 'input' || name === 'base') return value === undefined ? value : HIDDEN;
  return value instanceof Error ? redactedCause(value, 1) : redactedValue(value, name);
}

function commandName(command: unknown): unknown {
  const name: unknown =
    typeof command === 'object' && command !== null && 'name' in command ? command.name : command;
  return typeof name === 'string' ? { name } : undefined;
}

function nested(error: Error, depth: number): Record<string, unknown> {
  const below = (one: unknown): unknown => redactedCause(one, depth - 1);
  return {
    ...(error.cause !== undefined && { cause: below(error.cause) }),
    ...(error instanceof AggregateError && { errors: sameOr(error.errors as unknown[], below) }),
  };
}

/** The same array where nothing in it changes. */
function sameOr(all: readonly unknown[], change: (one: unknown) => unknown): unknown {
  const changed = all.slice(0, 10).map(change);
  return changed.length === all.length && changed.every((one, at) => one === all[at]) ? all : changed;
}

function like(error: Error, texts: object, facts: Record<string, unknown>): Error {
  const copy = Object.create(Object.getPrototypeOf(error) as object) as Error;
  const hidden = { ...texts, ...nestedOf(facts) };
  for (const [name, value] of Object.entries(hidden))
    Object.defineProperty(copy, name, { value, writable: true, configurable: true });
  return Object.assign(copy, Object.fromEntries(Object.entries(facts).filter(([name]) => !OWN.has(name))));
}

function nestedOf({ cause, errors }: Record<string, unknown>): object {
  return { ...(cause !== undefined && { cause }), ...(errors !== undefined && { errors }) };
}

function textOf(text: string): string {
  return manyLines(redact(text.slice(0, 2 * MAX_TEXT)), MAX_TEXT);
}

function stackOf(stack: string): string {
  return manyLines(redact(stack.slice(0, 20_000)));
}

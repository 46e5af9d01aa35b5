import { inspect, withoutCredentials } from './inspect.js';

const MAX_MESSAGE = 1000;
const MAX_STACK = 4000;
/** They may go round in circles. */
const MAX_CAUSES = 4;

/** What the history keeps of an error: bounded text, whatever was thrown. */
export interface ErrorFacts {
  readonly errorName: string;
  readonly errorMessage: string;
  readonly errorStack: string;
}

/** Reads an error that a handler threw. Never throws itself: the error may be anything, a hostile proxy included. */
export function errorFacts(error: unknown): ErrorFacts {
  try {
    if (!(error instanceof Error)) return facts(typeof error, textOf(error), '');
    return facts(String(error.name), messageOf(error), framesOf(String(error.stack ?? '')));
  } catch {
    return facts('Unknown', 'The error could not be read', '');
  }
}

/**
 * The message and those of its causes, which often say more: `fetch failed ← connect ECONNREFUSED`. An
 * AggregateError, as of a connection that was tried at two addresses, may have none of its own.
 */
function messageOf(error: Error, depth = MAX_CAUSES): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const own = String(error.message) || (first instanceof Error ? String(first.message) : '');
  const { cause } = error;
  return depth > 0 && cause instanceof Error ? `${own} ← ${messageOf(cause, depth - 1)}` : own;
}

/** A stack begins with the message, which may be longer than what is kept of it. */
function framesOf(stack: string): string {
  return stack.slice(Math.max(0, stack.search(/^\s+at /m))).trimStart();
}

function facts(errorName: string, errorMessage: string, errorStack: string): ErrorFacts {
  return {
    errorName: bounded(errorName, 100),
    errorMessage: bounded(errorMessage, MAX_MESSAGE),
    errorStack: bounded(errorStack, MAX_STACK),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

function bounded(text: string, length: number): string {
  const safe = withoutCredentials(text.slice(0, 2 * length));
  return safe.length > length ? `${safe.slice(0, length)}…` : safe;
}

import { inspect, withoutCredentials } from './inspect.js';

const MAX_MESSAGE = 1000;
const MAX_STACK = 4000;

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
    return facts(String(error.name), String(error.message), String(error.stack ?? ''));
  } catch {
    return facts('Unknown', 'The error could not be read', '');
  }
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

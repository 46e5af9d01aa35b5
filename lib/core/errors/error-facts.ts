import { inspect } from './inspect.js';
import { redact } from './redact.js';
import { manyLines, oneLine } from './sanitize.js';

const MAX_NAME = 100;
const MAX_MESSAGE = 1000;
const MAX_STACK = 4000;
/** A stack begins with the message, which may be longer than what is kept of it. */
const MAX_STACK_READ = 100_000;
const MAX_FRAMES = 100;
/** They may go round in circles. */
const MAX_CAUSES = 4;

/** An error as the history keeps it: bounded text without secrets and controls, for any thrown value. */
export interface ErrorFacts {
  readonly errorName: string;
  readonly errorMessage: string;
  readonly errorStack: string;
}

/** Reads an error that a handler threw. Never throws itself: the error may be anything, a hostile proxy included. */
export function errorFacts(error: unknown): ErrorFacts {
  try {
    if (!(error instanceof Error)) return facts(typeof error, textOf(error), '');
    return facts(String(error.name), messageOf(error), framesOf(error));
  } catch {
    return facts('Unknown', 'The error could not be read', '');
  }
}

/**
 * The message and those of its causes, which often say more: `fetch failed ← connect ECONNREFUSED`. One that says
 * nothing new is left out. An AggregateError, as of a connection that was tried at two addresses, may have none of its own.
 */
function messageOf(error: Error): string {
  const messages: string[] = [];
  let one: unknown = error;
  for (let depth = 0; depth <= MAX_CAUSES && one instanceof Error; depth += 1) {
    const own = ownMessage(one);
    const isNew = depth === 0 || !messages.some(message => message.includes(own));
    if (isNew) messages.push(own);
    one = one.cause;
  }
  return messages.join(' ← ');
}

function ownMessage(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const own = String(error.message) || (first instanceof Error ? String(first.message) : '');
  return own.slice(0, 2 * MAX_MESSAGE);
}

/** The frames of a stack. The message precedes them, and may have any form. */
function framesOf(error: Error): string {
  const stack = afterMessage(String(error.stack ?? ''), String(error.message)).slice(0, MAX_STACK_READ);
  if (!stack.includes('\n') && !/^\s{0,40}at /.test(stack)) return stack.trim();
  const frames = stack.split('\n').filter(line => /^\s{0,40}at /.test(line));
  return frames.slice(0, MAX_FRAMES).join('\n').trimStart();
}

function afterMessage(stack: string, message: string): string {
  const starts = [0, stack.slice(0, 2 * MAX_NAME).indexOf(': ') + 2];
  const start = message === '' ? undefined : starts.find(at => stack.startsWith(message, at));
  return start === undefined ? stack : stack.slice(start + message.length).replace(/^\r?\n/, '');
}

function facts(errorName: string, errorMessage: string, errorStack: string): ErrorFacts {
  return {
    errorName: oneLine(redact(errorName.slice(0, 2 * MAX_NAME)), MAX_NAME),
    errorMessage: manyLines(redact(errorMessage.slice(0, 2 * MAX_MESSAGE)), MAX_MESSAGE),
    errorStack: manyLines(redact(errorStack.slice(0, 2 * MAX_STACK)), MAX_STACK),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

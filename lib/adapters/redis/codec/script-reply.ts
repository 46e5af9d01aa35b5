/*
 * Takes apart the answer of a script: a list that begins with the server's time. Values from Redis are parsed, never
 * cast: another client may have written to our keys.
 */
import { StoreUnavailableError } from '../../../core/errors/errors.js';

/** By the server's clock, Unix ms. */
export function serverTime(reply: unknown): number {
  const [head] = list(reply, reply);
  // With the values found to be invalid, where they were not taken out before: see InvalidValues.
  return integer(Array.isArray(head) ? head[0] : head, reply);
}

/** The part of an answer after the server's time. */
export function payload(reply: unknown): unknown[] {
  return list(reply, reply).slice(1);
}

/** The same as words, empty where there is nothing. */
export function parseWords(reply: unknown): string[] {
  return payload(reply).map(String);
}

export function list(value: unknown, reply: unknown): unknown[] {
  if (!Array.isArray(value)) throw unexpected(reply);
  return value;
}

export function integer(word: unknown, reply: unknown): number {
  const number = typeof word === 'string' || typeof word === 'number' ? Number(word) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw unexpected(reply);
  return number;
}

export function unexpected(reply: unknown): StoreUnavailableError {
  return new StoreUnavailableError({
    problem: 'Redis gave an answer that no script of ours gives',
    received: reply,
    remedy: 'Check the keys of the scheduler: another client has written to them',
  });
}

/* The readers of options: each returns the value to use, or throws an `OptionProblem`. */
import { formatDuration, parseDuration, withoutDays } from './duration.js';
import { inspect } from '../errors/inspect.js';
import { ADOPT, DEFAULTS, keptName } from '../job/job-name.js';
import { OptionProblem, type OptionSource } from './option-field.js';
import { optionsProblem, urlProblem } from './redis-address.js';

/** The longest duration where an option says nothing else. */
export const DAY_MS = 24 * 3_600_000;

/** A duration within bounds; by default at most 24 hours. */
export function duration(minMs: number, maxMs = DAY_MS) {
  const read = (value: unknown, source: OptionSource): number => {
    const ms = milliseconds(value, source);
    if (ms === undefined) throw new OptionProblem(durationRemedy(value, source));
    if (ms >= minMs && ms <= maxMs) return ms;
    throw new OptionProblem(`Give a duration between ${minMs} ms and ${longDuration(maxMs)}`);
  };
  return Object.assign(read, { bounds: { minMs, maxMs } });
}

/** As `duration`, but in code `Infinity` may stand for none. */
export function durationOrNone(minMs: number, maxMs = DAY_MS) {
  const read = duration(minMs, maxMs);
  const readOrNone = (value: unknown, source: OptionSource): number =>
    value === Infinity && source === 'code' ? value : read(value, source);
  return Object.assign(readOrNone, { bounds: read.bounds });
}

function milliseconds(value: unknown, source: OptionSource): number | undefined {
  if (typeof value === 'string') return parseDuration(value);
  return typeof value === 'number' && source === 'code' && value >= 0 ? value : undefined;
}

function longDuration(ms: number): string {
  return ms > DAY_MS ? `${ms / DAY_MS} days` : formatDuration(ms).replace(/(?=\D+$)/, ' ');
}

function durationRemedy(value: unknown, source: OptionSource): string {
  const bare = Number.isFinite(value) || (typeof value === 'string' && /^\d+$/.test(value));
  if (bare && source !== 'code')
    return `A duration needs its unit: did you mean '${String(value)}s' or '${String(value)}ms'?`;
  const inHours = typeof value === 'string' ? withoutDays(value) : undefined;
  if (inHours !== undefined) return `There are no days or weeks: write '${inHours}'`;
  const numbers = source === 'code' ? ', or a number of milliseconds' : '';
  return `Give a duration such as '3s', '1m30s' or '500ms'${numbers}`;
}

/** A whole number within bounds; outside of code it may be a text. */
export function integer(min: number, max: number) {
  return (value: unknown, source: OptionSource): number => {
    const number = numberOf(value, source);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new OptionProblem(`Give a whole number from ${min} to ${max}`);
  };
}

/** A number from 0 to 1; outside of code it may be a text. */
export function share(value: unknown, source: OptionSource): number {
  const number = numberOf(value, source);
  if (number >= 0 && number <= 1) return number;
  throw new OptionProblem('Give a number from 0 to 1');
}

function numberOf(value: unknown, source: OptionSource): number {
  const isText = typeof value === 'string' && source !== 'code' && /^\d+(\.\d+)?$/.test(value);
  return typeof value === 'number' || isText ? Number(value) : NaN;
}

/** True or false; outside of code it may be a text. */
export function flag(value: unknown, source: OptionSource): boolean {
  if (typeof value === 'boolean') return value;
  if (source !== 'code' && (value === 'true' || value === 'false')) return value === 'true';
  throw new OptionProblem('Give true or false');
}

/** How many runs are kept: a number, false for none, true for as many as by default. */
export function keep(value: unknown, source: OptionSource): number | true {
  const count = integer(0, 10_000);
  if (typeof value !== 'boolean' && value !== 'true' && value !== 'false') return count(value, source);
  return flag(value, source) || 0;
}

/** One of some words. */
export function oneOf<Word extends string>(...allowed: readonly Word[]) {
  return (value: unknown): Word => {
    const word = allowed.find(known => known === value);
    if (word !== undefined) return word;
    const last = allowed.map(inspect).slice(-1).join();
    throw new OptionProblem(`Give ${allowed.slice(0, -1).map(inspect).join(', ')} or ${last}`);
  };
}

const MAX_APP_NAME = 1000;

/** The application's name as it stands in keys. */
export function appName(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw new OptionProblem('Give a name that is not empty');
  if (value.length > MAX_APP_NAME)
    throw new OptionProblem(`Give a name of at most ${MAX_APP_NAME} characters`);
  if (/[{}]/.test(value))
    throw new OptionProblem('Leave out the braces: Redis Cluster would read them as a hash tag');
  return value.trim().replace(/\s+/g, '-');
}

/** The application's version, for display. A configuration's `core.appVersion` may be a number. */
export function appVersion(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && text.trim() !== '' && text.length <= 100) return text.trim();
  throw new OptionProblem('Give a text of 1 to 100 characters');
}

/** A job's name: it is a part of keys and of records in which `|` divides. */
export function jobName(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw new OptionProblem('Give a name that is not empty');
  // Cs: half of a surrogate pair, which Redis would not return.
  if (/[|\p{Cc}\p{Cs}]/u.test(value))
    throw new OptionProblem(
      "Leave out '|', control characters and halves of characters: the name stands in Redis keys and records",
    );
  const name = keptName(value);
  if (name === '*') throw new OptionProblem("Give another name: '*' stands for all jobs");
  if (name === DEFAULTS)
    throw new OptionProblem(`Give another name: '${DEFAULTS}' below jobs stands for the options of all jobs`);
  if (name === ADOPT)
    throw new OptionProblem(`Give another name: '${ADOPT}' below jobs says which methods become leader jobs`);
  return name;
}

/** A lease key, with a hash tag or without. */
export function leaderKey(value: unknown): string {
  if (typeof value !== 'string' || value === '' || /\s/.test(value)) {
    throw new OptionProblem('Give a key that is neither empty nor contains white space');
  }
  if (/[{}]/.test(value) && !/^[^{}]*\{[^{}]+\}[^{}]*$/.test(value)) {
    throw new OptionProblem("Use braces only as one hash tag, such as 'a:{b}:c'");
  }
  return value;
}

/** A function, which can be given in code only. */
export function inCode(path: string) {
  return (value: unknown, source: OptionSource): unknown => {
    if (typeof value === 'function' && source === 'code') return value;
    const ways = `forRoot({ ${path}: … }) or the factory of forRootAsync`;
    throw new OptionProblem(
      source === 'code'
        ? 'Give a function'
        : `Give a function, in code: ${ways}. A configuration cannot have it`,
    );
  };
}

/** A `RedisInput`. */
export function redis(value: unknown, source: OptionSource): unknown {
  if (typeof value === 'string') return accepted(value, urlProblem(value));
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return accepted(value, optionsProblem(value));
  if (typeof value === 'function' && source === 'code') return value;
  throw new OptionProblem('Give a URL, ioredis options, or { nodes, options } for a cluster');
}

function accepted<Value>(value: Value, problem: string | undefined): Value {
  if (problem === undefined) return value;
  throw new OptionProblem(problem);
}

import { grows, reads, writes, type Commands } from './command.js';
import type { Keyspace } from './keyspace.js';
import { argumentError, integer, RedisError, Status } from './reply.js';
import { SortedSet } from './sorted-set.js';

/** Commands on keys of any type, and on strings. */
export const keyCommands: Commands = {
  DEL: writes(1, Infinity, (data, [, ...keys]) => {
    const deleted = keys.filter(key => data.delete(key));
    if (deleted.length > 0) data.onWrite(['DEL', ...deleted]);
    return deleted.length;
  }),
  UNLINK: writes(1, Infinity, (data, [, ...keys]) => {
    const deleted = keys.filter(key => data.delete(key));
    if (deleted.length > 0) data.onWrite(['DEL', ...deleted]);
    return deleted.length;
  }),
  DBSIZE: reads(0, 0, data => data.keys().length),
  EXISTS: reads(1, Infinity, (data, [, ...keys]) => keys.filter(key => data.value(key) !== undefined).length),
  FLUSHALL: writes(0, 1, data => {
    data.clear();
    data.onWrite(['FLUSHALL']);
    return Status.ok;
  }),
  GET: reads(1, 1, (data, [, key = '']) => data.string(key) ?? null),
  INCR: grows(1, 1, (data, [, key = '']) => {
    const next = integer(data.string(key) ?? '0') + 1;
    data.put(key, String(next), data.expiresAt(key));
    data.onWrite(['INCR', key]);
    return next;
  }),
  KEYS: reads(1, 1, data => data.keys()),
  PERSIST: writes(1, 1, (data, [, key = '']) => {
    const value = data.value(key);
    if (value === undefined || data.expiresAt(key) === Infinity) return 0;
    data.put(key, value);
    data.onWrite(['PERSIST', key]);
    return 1;
  }),
  EXPIRE: writes(2, 2, (data, [, key = '', s = '']) => expireAt(data, key, data.nowMs + integer(s) * 1000)),
  PEXPIRE: writes(2, 2, (data, [, key = '', ms = '']) => expireAt(data, key, data.nowMs + integer(ms))),
  PEXPIREAT: writes(2, 2, (data, [, key = '', at = '']) => expireAt(data, key, integer(at))),
  PTTL: reads(1, 1, (data, [, key = '']) => {
    const expiresAt = data.expiresAt(key);
    if (expiresAt === undefined) return -2;
    return expiresAt === Infinity ? -1 : expiresAt - data.nowMs;
  }),
  SET: grows(2, Infinity, set),
  TYPE: reads(1, 1, (data, [, key = '']) => new Status(typeOf(data, key))),
};

/** The type of a key as Redis names it. */
export function typeOf(data: Keyspace, key: string): string {
  const value = data.value(key);
  if (value === undefined) return 'none';
  if (typeof value === 'string') return 'string';
  if (value instanceof Map) return 'hash';
  return value instanceof SortedSet ? 'zset' : 'set';
}

function expireAt(data: Keyspace, key: string, at: number): number {
  const value = data.value(key);
  if (value === undefined) return 0;
  if (at <= data.nowMs) {
    data.delete(key);
    data.onWrite(['DEL', key]);
  } else {
    data.put(key, value, at);
    data.onWrite(['PEXPIREAT', key, String(at)]);
  }
  return 1;
}

function set(data: Keyspace, [, key = '', value = '', ...options]: readonly string[]) {
  const { only, get, keep, expiresAt } = setOptions(data, options);
  const present = data.value(key) !== undefined;
  const old = get ? (data.string(key) ?? null) : Status.ok;
  if (only === 'NX' ? present : only === 'XX' && !present) return get ? old : null;
  const at = keep ? data.expiresAt(key) : expiresAt;
  data.put(key, value, at);
  const expiry = at === undefined || at === Infinity ? [] : ['PXAT', String(at)];
  data.onWrite(['SET', key, value, ...expiry]);
  return old;
}

function setOptions(data: Keyspace, options: readonly string[]) {
  let only: 'NX' | 'XX' | undefined;
  let get = false;
  let keep = false;
  let expiresAt: number | undefined;
  for (let at = 0; at < options.length; at += 1) {
    const option = options[at]?.toUpperCase();
    if (option === 'NX' || option === 'XX') only = only === undefined ? option : syntaxError();
    else if (option === 'GET') get = true;
    else if (option === 'KEEPTTL') keep = true;
    else if (option !== undefined && option in UNITS && expiresAt === undefined) {
      at += 1;
      expiresAt = expiryOf(data, option as keyof typeof UNITS, options[at] ?? syntaxError());
    } else syntaxError();
  }
  return { only, get, keep, expiresAt };
}

const UNITS = { EX: 1000, PX: 1, EXAT: 1000, PXAT: 1 } as const;

function expiryOf(data: Keyspace, option: keyof typeof UNITS, text: string): number {
  const amount = integer(text) * UNITS[option];
  if (amount <= 0) throw new RedisError("ERR invalid expire time in 'set' command");
  return option.endsWith('AT') ? amount : data.nowMs + amount;
}

function syntaxError(): never {
  throw argumentError.syntax();
}

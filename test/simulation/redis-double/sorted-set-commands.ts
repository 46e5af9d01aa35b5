import { grows, reads, writes, type Commands } from './command.js';
import type { Keyspace } from './keyspace.js';
import { numberToArgument } from './lua/lua-number.js';
import { argumentError, float, integer, RedisError, type Reply } from './reply.js';
import { SortedSet, type Member } from './sorted-set.js';

/** Commands on sorted sets. */
export const sortedSetCommands: Commands = {
  ZADD: grows(3, Infinity, add),
  ZREM: writes(2, Infinity, (data, [, key = '', ...removed]) => {
    const set = data.sortedSet(key);
    return set === undefined ? 0 : remove(data, key, set, removed);
  }),
  ZREMRANGEBYSCORE: writes(3, 3, (data, [, key = '', min = '', max = '']) => {
    const isWithin = between(min, max);
    const set = data.sortedSet(key);
    return set === undefined ? 0 : remove(data, key, set, names(set.members.filter(isWithin)));
  }),
  ZREMRANGEBYRANK: writes(3, 3, (data, [, key = '', from = '', to = '']) => {
    const [start, stop] = [integer(from), integer(to)];
    const set = data.sortedSet(key);
    return set === undefined ? 0 : remove(data, key, set, names(byRank(set.members, start, stop)));
  }),
  ZCARD: reads(1, 1, (data, [, key = '']) => data.sortedSet(key)?.size ?? 0),
  ZCOUNT: reads(3, 3, (data, [, key = '', min = '', max = '']) => {
    const isWithin = between(min, max);
    return data.sortedSet(key)?.members.filter(isWithin).length ?? 0;
  }),
  ZSCORE: reads(2, 2, (data, [, key = '', name = '']) => {
    const score = data.sortedSet(key)?.score(name);
    return score === undefined ? null : numberToArgument(score);
  }),
  ZRANGE: reads(3, 4, (data, [, key = '', from = '', to = '', ...options]) => {
    const withScores = onlyWithScores(options);
    const [start, stop] = [integer(from), integer(to)];
    return listed(byRank(data.sortedSet(key)?.members ?? [], start, stop), withScores);
  }),
  ZREVRANGE: reads(3, 4, (data, [, key = '', from = '', to = '', ...options]) => {
    const withScores = onlyWithScores(options);
    const [start, stop] = [integer(from), integer(to)];
    return listed(byRank((data.sortedSet(key)?.members ?? []).toReversed(), start, stop), withScores);
  }),
  ZREVRANK: reads(2, 2, (data, [, key = '', name = '']) => {
    const rank = data.sortedSet(key)?.members.findLastIndex(member => member.name === name) ?? -1;
    return rank < 0 ? null : (data.sortedSet(key)?.size ?? 0) - 1 - rank;
  }),
  ZRANGEBYSCORE: reads(3, Infinity, (data, [, key = '', min = '', max = '', ...options]) =>
    rangeByScore(() => data.sortedSet(key)?.members ?? [], min, max, options),
  ),
  ZREVRANGEBYSCORE: reads(3, Infinity, (data, [, key = '', max = '', min = '', ...options]) =>
    rangeByScore(() => (data.sortedSet(key)?.members ?? []).toReversed(), min, max, options),
  ),
};

const ADD_FLAGS = new Set(['NX', 'XX', 'GT', 'LT', 'CH']);

function add(data: Keyspace, [, key = '', ...rest]: readonly string[]): Reply {
  const flags = new Set<string>();
  let at = 0;
  for (; ADD_FLAGS.has(rest[at]?.toUpperCase() ?? ''); at += 1) flags.add(rest[at]?.toUpperCase() ?? '');
  const pairs = rest.slice(at);
  if (pairs.length === 0 || pairs.length % 2 !== 0) throw argumentError.syntax();
  if (flags.has('NX') && flags.has('XX'))
    throw new RedisError('ERR XX and NX options at the same time are not compatible');
  if ((flags.has('GT') || flags.has('LT')) && (flags.has('NX') || (flags.has('GT') && flags.has('LT'))))
    throw new RedisError('ERR GT, LT, and/or NX options at the same time are not compatible');
  const scores = pairs.filter((_, index) => index % 2 === 0).map(text => float(text));
  const known = data.sortedSet(key);
  const set = known ?? new SortedSet();
  let added = 0;
  let changed = 0;
  for (const [index, score] of scores.entries()) {
    const name = pairs[2 * index + 1] ?? '';
    const old = set.score(name);
    if (old === undefined ? flags.has('XX') : !mayReplace(flags, old, score)) continue;
    set.set(name, score);
    if (old === undefined) added += 1;
    else changed += 1;
  }
  if (known === undefined && set.size > 0) data.put(key, set);
  if (added + changed > 0) data.onWrite(['ZADD', key, ...rest]);
  return flags.has('CH') ? added + changed : added;
}

function mayReplace(flags: ReadonlySet<string>, old: number, score: number): boolean {
  if (flags.has('NX') || old === score) return false;
  if (flags.has('GT')) return score > old;
  return !flags.has('LT') || score < old;
}

function remove(data: Keyspace, key: string, set: SortedSet, members: readonly string[]): number {
  const removed = members.filter(name => set.delete(name));
  data.deleteIfEmpty(key, set);
  if (removed.length > 0) data.onWrite(['ZREM', key, ...removed]);
  return removed.length;
}

/** Options are read before bounds, and those before the key. */
function rangeByScore(
  members: () => readonly Member[],
  min: string,
  max: string,
  options: readonly string[],
): Reply {
  let withScores = false;
  let [offset, count] = [0, -1];
  for (let at = 0; at < options.length; at += 1) {
    const option = options[at]?.toUpperCase();
    if (option === 'WITHSCORES') withScores = true;
    else if (option === 'LIMIT' && at + 2 < options.length) {
      [offset, count] = [integer(options[at + 1] ?? ''), integer(options[at + 2] ?? '')];
      at += 2;
    } else throw argumentError.syntax();
  }
  const isWithin = between(min, max);
  const found = members().filter(isWithin);
  if (offset < 0) return [];
  return listed(found.slice(offset, count < 0 ? undefined : offset + count), withScores);
}

function between(min: string, max: string): (member: Member) => boolean {
  const [low, aboveLow] = bound(min);
  const [high, belowHigh] = bound(max);
  return ({ score }) => (aboveLow ? score > low : score >= low) && (belowHigh ? score < high : score <= high);
}

function bound(text: string): [number, boolean] {
  const isExclusive = text.startsWith('(');
  // Redis reads no digits as 0.
  if (text === '' || text === '(') return [0, isExclusive];
  return [float(isExclusive ? text.slice(1) : text, argumentError.minMaxNotFloat), isExclusive];
}

function byRank(members: readonly Member[], from: number, to: number): readonly Member[] {
  const start = from < 0 ? Math.max(0, members.length + from) : from;
  return members.slice(start, to < 0 ? Math.max(0, members.length + to + 1) : to + 1);
}

function onlyWithScores(options: readonly string[]): boolean {
  if (options.length > 0 && options[0]?.toUpperCase() !== 'WITHSCORES') throw argumentError.syntax();
  return options.length > 0;
}

function listed(members: readonly Member[], withScores: boolean): Reply {
  if (!withScores) return names(members);
  return members.flatMap(({ name, score }) => [name, numberToArgument(score)]);
}

function names(members: readonly Member[]): string[] {
  return members.map(({ name }) => name);
}

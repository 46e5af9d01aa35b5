import { grows, reads, writes, type Commands } from './command.js';
import { argumentError, integer, RedisError, Status } from './reply.js';

/** Commands on hashes and sets. */
export const collectionCommands: Commands = {
  HSET: grows(3, Infinity, (data, args) => setFields(data, args)),
  HMSET: grows(3, Infinity, (data, args) => {
    setFields(data, args);
    return Status.ok;
  }),
  HSETNX: grows(3, 3, (data, [, key = '', field = '', value = '']) => {
    if (data.hash(key)?.has(field) === true) return 0;
    return setFields(data, ['HSET', key, field, value]);
  }),
  HGET: reads(2, 2, (data, [, key = '', field = '']) => data.hash(key)?.get(field) ?? null),
  HMGET: reads(2, Infinity, (data, [, key = '', ...fields]) => {
    const hash = data.hash(key);
    return fields.map(field => hash?.get(field) ?? null);
  }),
  HDEL: writes(2, Infinity, (data, [, key = '', ...fields]) => {
    const hash = data.hash(key);
    if (hash === undefined) return 0;
    const deleted = fields.filter(field => hash.delete(field));
    data.deleteIfEmpty(key, hash);
    if (deleted.length > 0) data.onWrite(['HDEL', key, ...deleted]);
    return deleted.length;
  }),
  HEXISTS: reads(2, 2, (data, [, key = '', field = '']) => (data.hash(key)?.has(field) === true ? 1 : 0)),
  HGETALL: reads(1, 1, (data, [, key = '']) => [...(data.hash(key) ?? [])].flat()),
  HKEYS: reads(1, 1, (data, [, key = '']) => [...(data.hash(key)?.keys() ?? [])]),
  HVALS: reads(1, 1, (data, [, key = '']) => [...(data.hash(key)?.values() ?? [])]),
  /** All of a page: a small hash has but one, and what larger ones give depends on the server. */
  HSCAN: reads(2, Infinity, (data, [, key = '', ...args]) =>
    scanned(args, () => [...(data.hash(key) ?? [])]),
  ),
  /** The first ones: the double draws nothing. */
  HRANDFIELD: reads(1, 3, (data, [, key = '', count = '1', ...options]) => {
    const entries = [...(data.hash(key) ?? [])].slice(0, integer(count));
    return options.length > 0 ? entries.flat() : entries.map(([field]) => field);
  }),
  HLEN: reads(1, 1, (data, [, key = '']) => data.hash(key)?.size ?? 0),
  HINCRBY: grows(3, 3, (data, [, key = '', field = '', by = '']) => {
    const amount = integer(by);
    const hash = data.hash(key) ?? new Map<string, string>();
    const current = hash.get(field) ?? '0';
    if (!/^(0|-?[1-9]\d*)$/.test(current)) throw new RedisError('ERR hash value is not an integer');
    const sum = Number(current) + amount;
    hash.set(field, String(sum));
    data.put(key, hash, data.expiresAt(key));
    data.onWrite(['HINCRBY', key, field, by]);
    return sum;
  }),
  SADD: grows(2, Infinity, (data, [, key = '', ...members]) => {
    const set = data.set(key) ?? new Set<string>();
    const added = [...new Set(members)].filter(member => !set.has(member));
    for (const member of added) set.add(member);
    data.put(key, set, data.expiresAt(key));
    if (added.length > 0) data.onWrite(['SADD', key, ...added]);
    return added.length;
  }),
  SREM: writes(2, Infinity, (data, [, key = '', ...members]) => {
    const set = data.set(key);
    if (set === undefined) return 0;
    const removed = members.filter(member => set.delete(member));
    data.deleteIfEmpty(key, set);
    if (removed.length > 0) data.onWrite(['SREM', key, ...removed]);
    return removed.length;
  }),
  SMEMBERS: reads(1, 1, (data, [, key = '']) => [...(data.set(key) ?? [])]),
  SSCAN: reads(2, Infinity, (data, [, key = '', ...args]) =>
    scanned(args, () => [...(data.set(key) ?? [])].map(member => [member])),
  ),
  SISMEMBER: reads(2, 2, (data, [, key = '', member = '']) => (data.set(key)?.has(member) === true ? 1 : 0)),
  SCARD: reads(1, 1, (data, [, key = '']) => data.set(key)?.size ?? 0),
};

/** Number of entries that are scanned at once, as a listpack is. */
const SMALL = 128;

/** Where to go on, and a page: in the order of hash values, so that what is there throughout is in one of the pages. */
function scanned(
  [cursor = '', ...options]: readonly string[],
  read: () => readonly (readonly string[])[],
): [string, string[]] {
  if (!/^\s*[+-]?\d+$/.test(cursor)) throw new RedisError('ERR invalid cursor');
  const count = countOf(options);
  const entries = read();
  if (entries.length <= SMALL) return ['0', entries.flat()];
  const left = entries
    .map(entry => ({ entry, hash: hashOf(entry[0] ?? '') }))
    .filter(({ hash }) => hash >= Number(cursor))
    .sort((a, b) => a.hash - b.hash);
  const last = left[count - 1]?.hash ?? Infinity;
  const page = left.filter(({ hash }) => hash <= last);
  return [String(left[page.length]?.hash ?? 0), page.flatMap(({ entry }) => entry)];
}

/** FNV-1a, never 0. */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619);
  return (hash >>> 0) + 1;
}

function countOf(options: readonly string[]): number {
  if (options.length === 0) return 10;
  if (options.length !== 2 || options[0]?.toUpperCase() !== 'COUNT') throw argumentError.syntax();
  const count = integer(options[1] ?? '');
  if (count < 1) throw argumentError.syntax();
  return count;
}

type Data = Parameters<Commands[string]['run']>[0];

function setFields(data: Data, [name = '', key = '', ...pairs]: readonly string[]): number {
  if (pairs.length % 2 !== 0) throw argumentError.count(name);
  const known = data.hash(key);
  const hash = known ?? data.put(key, new Map<string, string>());
  const before = hash.size;
  for (let at = 0; at < pairs.length; at += 2) hash.set(pairs[at] ?? '', pairs[at + 1] ?? '');
  data.onWrite(['HSET', key, ...pairs]);
  return hash.size - before;
}

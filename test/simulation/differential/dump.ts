import type { Reply } from '../redis-double/reply.js';

/** All keys of a Redis, by name. */
export type Dump = Readonly<
  Record<string, { readonly type: string; readonly value: unknown; readonly ttlMs: number }>
>;

type Ask = (args: readonly string[]) => Promise<Reply>;

const READERS: Readonly<Record<string, (key: string) => readonly string[]>> = {
  string: key => ['GET', key],
  hash: key => ['HGETALL', key],
  set: key => ['SMEMBERS', key],
  zset: key => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
};

/** Reads all that a Redis keeps; what has no order is sorted. */
export async function dumpOf(ask: Ask): Promise<Dump> {
  const keys = (await ask(['KEYS', '*'])) as readonly string[];
  const entries = await Promise.all(
    [...keys].sort().map(async key => {
      const type = (await ask(['TYPE', key])) as string;
      const value = await ask(READERS[type]?.(key) ?? ['TYPE', key]);
      return [key, { type, value: sorted(type, value), ttlMs: Number(await ask(['PTTL', key])) }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function sorted(type: string, value: Reply): unknown {
  if (!Array.isArray(value)) return value;
  if (type === 'set') return [...(value as string[])].sort();
  if (type !== 'hash') return value;
  const pairs = (value as string[]).flatMap((field, at, all) => (at % 2 === 0 ? [[field, all[at + 1]]] : []));
  return Object.fromEntries(pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

import type { RedisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { isReported, SHARED_ROWS, VALUES, type Row } from './rows.js';

export type Command = readonly (string | number)[];

/** The facts that a cell knows when its value is written. */
export interface Place {
  readonly keys: RedisKeys;
  /** The leader, and the present instant. */
  readonly holder: string;
  readonly nowMs: number;
  /** Key of the job set of the pods. */
  readonly jobSet: string;
}

/** One bad value of a key that all jobs share, or another type of it. */
export interface SharedCell {
  readonly name: string;
  readonly row: Row;
  readonly isReported: boolean;
  /** The job does not start until the value is corrected. */
  readonly stops: boolean;
  /** The term ends with it: no pod need resign. */
  readonly endsTerm: boolean;
  readonly write: (place: Place) => readonly Command[];
  readonly correct: (place: Place) => readonly Command[];
}

/** The name of a job that no pod has. */
const GONE = 'gone';
/** The next leader, or the pod that they are of, repairs them. */
const REPAIRED = ['lease', 'fence', 'term', 'pods', 'candidates', 'jobset'];

export function keyOf({ keys, jobSet }: Place, { key }: Row): string {
  if (key === 'jobset') return jobSet;
  const found: unknown = Object.entries(keys).find(([name]) => name === key)?.[1];
  if (typeof found !== 'string') throw new Error(`There is no key for the row ${key}: see rows.ts`);
  return found;
}

/** The field itself, where a row names what stands for it. */
export function fieldOf({ holder }: Place, { field }: Row): string {
  if (field === '<pod>') return holder;
  return field.startsWith('<') ? 'bad' : field;
}

/** Every row with every bad value, and every key with another type. */
export function sharedCells(): SharedCell[] {
  const rows = SHARED_ROWS.filter(({ instead }) => instead === undefined);
  const keys = new Map(rows.map(row => [row.key, row]));
  const values = rows.flatMap(row => VALUES.map(([name, value]) => cellOf(row, name, value)));
  return [...values, ...[...keys.values()].map(otherType)];
}

function cellOf(row: Row, name: string, value: string): SharedCell {
  const { key, field } = row;
  return {
    name: `${key} ${field} ${name}`,
    row,
    isReported: isReported(row, name),
    stops: row.stops?.includes(name) === true,
    endsTerm: key === 'lease' || field === 'expiresAt',
    write: place => [...writeOf(place, row, value), ...besidesOf(place, row)],
    correct: place => correctionOf(place, row, value),
  };
}

function otherType(row: Row): SharedCell {
  return {
    name: `${row.key} of another type`,
    row: { ...row, field: '' },
    // The leader writes the announcement of its jobs anew; only people read it.
    isReported: row.key !== 'specs',
    stops: false,
    endsTerm: row.key === 'lease',
    write: place => [
      ['DEL', keyOf(place, row)],
      ['RPUSH', keyOf(place, row), 'x'],
      ...(row.key === 'settled' ? besidesOf(place, row) : []),
    ],
    correct: () => [],
  };
}

function writeOf(place: Place, row: Row, value: string): Command[] {
  const key = keyOf(place, row);
  if (row.key === 'jobs') return [['SADD', key, value]];
  if (row.key !== 'unfinished')
    return [row.field === '' ? ['SET', key, value] : ['HSET', key, fieldOf(place, row), value]];
  // Scores are numbers: other garbage is the name of an entry.
  const isScore = value === 'inf' || (value.length < 20 && /^[-\d][\de]*$/.test(value));
  return [isScore ? ['ZADD', key, value, `${place.nowMs}|${GONE}`] : ['ZADD', key, 1, value]];
}

/** Makes sure that the value is read: a lease that is gone before its term has ended, a run to be abandoned. */
function besidesOf({ keys, nowMs }: Place, { key, field }: Row): Command[] {
  if (field === 'expiresAt') return [['DEL', keys.lease]];
  if (key !== 'settled') return [];
  const slot = nowMs - 3_000_000;
  return [
    ['HSET', keys.runs('healthy'), slot, `claimed|r${slot}|1|1|${slot}||{}`],
    ['ZADD', keys.unfinished, 1, `${slot}|healthy`],
  ];
}

function correctionOf(place: Place, row: Row, value: string): Command[] {
  const key = keyOf(place, row);
  if (row.key === 'jobs') return [['SREM', key, value]];
  if (row.key === 'unfinished') return [['ZREM', key, value, `${place.nowMs}|${GONE}`]];
  return REPAIRED.includes(row.key) ? [] : [['HDEL', key, fieldOf(place, row)]];
}

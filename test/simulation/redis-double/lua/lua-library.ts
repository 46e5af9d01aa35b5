import { LuaError } from './lua-error.js';
import { textToNumber } from './lua-number.js';
import { stringLibrary } from './lua-string.js';
import { LuaTable } from './lua-table.js';
import {
  all,
  callable,
  concatenate,
  failure,
  first,
  isTrue,
  lessThan,
  toText,
  typeName,
  type LuaFunction,
} from './lua-values.js';

/** A library by the name of its global. */
export type Library = Readonly<Record<string, unknown>>;

const baseLibrary: Library = {
  assert: (...args: unknown[]) => {
    if (isTrue(args[0])) return args;
    throw new LuaError(args.length > 1 ? args[1] : 'assertion failed!');
  },
  error: (value: unknown) => {
    throw new LuaError(typeof value === 'string' ? `user_script: ${value}` : value);
  },
  ipairs: (table: unknown) => [nextIndex, tableIn(table), 0],
  next: (table: unknown, key: unknown) => following(tableIn(table), key),
  pairs: (table: unknown) => {
    const entries = tableIn(table).entries();
    let at = 0;
    // The value may have been cleared since, which Lua allows while a table is walked.
    return () => {
      while (at < entries.length) {
        const [key] = entries[at] ?? [];
        at += 1;
        const value = tableIn(table).get(key);
        if (value !== undefined) return [key, value];
      }
      return undefined;
    };
  },
  pcall: (body: unknown, ...args: unknown[]) => {
    try {
      return [true, ...all(callable(body)(...args))];
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      return [false, error.value];
    }
  },
  select: (from: unknown, ...values: unknown[]) =>
    from === '#' ? values.length : values.slice(Number(from) < 0 ? Number(from) : Number(from) - 1),
  tonumber: (value: unknown, base?: unknown) => {
    if (base !== undefined && base !== 10) return inBase(toText(value), Number(base));
    if (typeof value === 'number') return value;
    return typeof value === 'string' ? textToNumber(value) : undefined;
  },
  tostring: toText,
  type: typeName,
  unpack: (table: unknown, from: unknown = 1, to: unknown = tableIn(table).length) => {
    const values: unknown[] = [];
    for (let index = Number(from); index <= Number(to); index += 1) values.push(tableIn(table).get(index));
    return values;
  },
};

const mathLibrary: Library = {
  abs: ofNumbers(Math.abs),
  ceil: ofNumbers(Math.ceil),
  floor: ofNumbers(Math.floor),
  fmod: ofNumbers((a = NaN, b = NaN) => a % b),
  huge: Infinity,
  max: ofNumbers(Math.max),
  min: ofNumbers(Math.min),
  pow: ofNumbers((a = NaN, b = NaN) => a ** b),
  sqrt: ofNumbers(Math.sqrt),
};

const tableLibrary: Library = {
  concat: (
    table: unknown,
    separator: unknown = '',
    from: unknown = 1,
    to: unknown = tableIn(table).length,
  ) => {
    let text = '';
    for (let index = Number(from); index <= Number(to); index += 1) {
      text = concatenate(text, tableIn(table).get(index));
      if (index < Number(to)) text = concatenate(text, separator);
    }
    return text;
  },
  getn: (table: unknown) => tableIn(table).length,
  insert: (table: unknown, ...args: unknown[]) => {
    const { list } = tableIn(table);
    if (args.length === 1) tableIn(table).set(list.length + 1, args[0]);
    else list.splice(Number(args[0]) - 1, 0, args[1]);
  },
  remove: (table: unknown, position: unknown = tableIn(table).length) =>
    tableIn(table).list.splice(Number(position) - 1, 1)[0],
  sort: (table: unknown, before: unknown = lessThan) => {
    const isBefore = callable(before);
    tableIn(table).list.sort((a, b) =>
      isTrue(first(isBefore(a, b))) ? -1 : isTrue(first(isBefore(b, a))) ? 1 : 0,
    );
  },
};

/** Everything that every script may use; `redis` is added by the caller that runs it. */
export const libraries: Readonly<Record<string, Library>> = {
  _G: baseLibrary,
  math: mathLibrary,
  string: stringLibrary,
  table: tableLibrary,
};

function ofNumbers(compute: (...numbers: number[]) => number): LuaFunction {
  return (...args) => {
    if (args.length === 0) throw failure('bad argument #1 (number expected, got no value)');
    return compute(...args.map(numberIn));
  };
}

function numberIn(value: unknown): number {
  const number = typeof value === 'string' ? textToNumber(value) : value;
  if (typeof number !== 'number') throw failure(`bad argument (number expected, got ${typeName(value)})`);
  return number;
}

function tableIn(value: unknown): LuaTable {
  if (!(value instanceof LuaTable)) throw failure(`bad argument (table expected, got ${typeName(value)})`);
  return value;
}

function nextIndex(table: unknown, index: unknown): unknown {
  const value = tableIn(table).get(Number(index) + 1);
  return value === undefined ? undefined : [Number(index) + 1, value];
}

function following(table: LuaTable, key: unknown): unknown {
  const entries = table.entries();
  const at = key === undefined ? 0 : entries.findIndex(([known]) => known === key) + 1;
  return entries[at];
}

function inBase(text: string, base: number): number | undefined {
  const digits = text.trim().toLowerCase();
  const number = parseInt(digits, base);
  return number.toString(base) === digits.replace(/^0+(?=.)/, '') ? number : undefined;
}

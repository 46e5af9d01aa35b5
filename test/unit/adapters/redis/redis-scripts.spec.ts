import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { parse, type Chunk, type Identifier, type Node, type Statement } from 'luaparse';

import * as exported from '../../../../lib/adapters/redis/redis-scripts.js';

const FOLDER = 'lib/adapters/redis/scripts';
/** The globals that Redis and Lua offer to a script, as far as the scripts use them. */
const OFFERED = new Set(
  (
    'KEYS ARGV redis string table math ' + 'error ipairs pairs pcall select tonumber tostring type unpack'
  ).split(' '),
);
const MOST_LINES = 40;
/** It stands before every script. */
const OF_ALL = new Set(['shared/stored-values.lua']);

const files = new Map(
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.lua'))
    .map(file => [file, readFileSync(`${FOLDER}/${file}`, 'utf8')]),
);
const scripts = Object.entries(exported).flatMap(([name, value]) =>
  typeof value === 'object' ? [{ name, lua: value.lua }] : [],
);

/** `globals`: left out of the types of luaparse. */
function parsed(lua: string): Chunk & { readonly globals?: readonly Identifier[] } {
  return parse(lua, { luaVersion: '5.1', scope: true, comments: false });
}

function missingIn(lua: string): string[] {
  const names = (parsed(lua).globals ?? []).map(({ name }) => name);
  return names.filter(name => !OFFERED.has(name));
}

/** The files of a script; its own is the last one. */
function partsOf(lua: string): string[] {
  return [...files].filter(([, text]) => lua.includes(text)).map(([file]) => file);
}

function namesDeclaredIn(file: string): string[] {
  return parsed(files.get(file) ?? '').body.flatMap(statement =>
    statement.type === 'LocalStatement'
      ? statement.variables.map(({ name }) => name).filter(name => name !== '_')
      : [],
  );
}

function unusedPiecesOf(lua: string): string[] {
  const parts = partsOf(lua);
  const used = new Set(parts.flatMap(file => missingIn(files.get(file) ?? '')));
  const pieces = parts.filter(file => !lua.endsWith(files.get(file) ?? '') && !OF_ALL.has(file));
  return pieces.filter(piece => !namesDeclaredIn(piece).some(name => used.has(name)));
}

function linesOf({ loc }: Node): number {
  return loc === undefined ? 0 : loc.end.line - loc.start.line + 1;
}

function isFunction(statement: Statement): boolean {
  return statement.type === 'LocalStatement' && statement.init[0]?.type === 'FunctionDeclaration';
}

/** How long functions are, and what runs at the top level, by the file they stand in. */
function lengthsIn(file: string, lua: string): [string, number][] {
  const lengths: [string, number][] = [];
  const chunk = parse(lua, {
    luaVersion: '5.1',
    locations: true,
    onCreateNode: node => {
      if (node.type === 'FunctionDeclaration')
        lengths.push([`${file}:${node.loc?.start.line}`, linesOf(node)]);
    },
  });
  const body = chunk.body.filter(statement => !isFunction(statement));
  return [...lengths, [file, body.reduce((lines, statement) => lines + linesOf(statement), 0)]];
}

/** The comment at the head of a file; empty without one. */
function headOf(lua: string): string {
  return /^--\[\[(.*?)\]\]/s.exec(lua)?.[1] ?? '';
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, at) => names.indexOf(name) !== at);
}

describe('A Lua script', () => {
  it('finds all that it uses, declared once', () => {
    const missing = scripts.map(({ name, lua }) => [name, missingIn(lua)]);
    expect(missing.filter(([, names]) => names?.length !== 0)).toEqual([]);
    const twice = scripts.map(({ name, lua }) => [name, repeated(partsOf(lua).flatMap(namesDeclaredIn))]);
    expect(twice.filter(([, names]) => names?.length !== 0)).toEqual([]);
  });

  it('loads no piece that it does not use', () => {
    const unused = scripts.map(({ name, lua }) => [name, unusedPiecesOf(lua)]);
    expect(unused.filter(([, pieces]) => pieces?.length !== 0)).toEqual([]);
  });

  it('has no function, and no top level, of more than 40 lines', () => {
    const lengths = [...files].flatMap(([file, lua]) => lengthsIn(file, lua));
    expect(lengths.length).toBeGreaterThan(2 * files.size);
    expect(lengths.filter(([, lines]) => lines > MOST_LINES)).toEqual([]);
  });

  it('says in its head what its keys, arguments and answers are', () => {
    const own = [...files].filter(([, text]) => scripts.some(({ lua }) => lua.endsWith(text)));
    expect(own).toHaveLength(scripts.length);
    const words = ['KEYS', 'ARGV', 'Answers'];
    const silent = own.filter(([, text]) => !words.every(word => headOf(text).includes(word)));
    expect(silent.map(([file]) => file)).toEqual([]);
    expect([...files].filter(([, text]) => headOf(text) === '').map(([file]) => file)).toEqual([]);
  });
});

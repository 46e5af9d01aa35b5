import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { parse, type Chunk, type Identifier } from 'luaparse';

import * as exported from '../../../../lib/adapters/redis/redis-scripts.js';

const FOLDER = 'lib/adapters/redis/scripts';
/** What Redis and Lua offer to a script, as far as ours use it. */
const OFFERED = new Set(
  (
    'KEYS ARGV redis string table math ' + 'error ipairs pairs pcall select tonumber tostring type unpack'
  ).split(' '),
);
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

/** The files that make up a script; its own is the last one. */
function partsOf(lua: string): string[] {
  return [...files].filter(([, text]) => lua.includes(text)).map(([file]) => file);
}

function namesDeclaredIn(file: string): string[] {
  return parsed(files.get(file) ?? '').body.flatMap(statement =>
    statement.type === 'LocalStatement' ? statement.variables.map(({ name }) => name) : [],
  );
}

function unusedPiecesOf(lua: string): string[] {
  const parts = partsOf(lua);
  const used = new Set(parts.flatMap(file => missingIn(files.get(file) ?? '')));
  const pieces = parts.filter(file => !lua.endsWith(files.get(file) ?? '') && !OF_ALL.has(file));
  return pieces.filter(piece => !namesDeclaredIn(piece).some(name => used.has(name)));
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
});

import { format } from './lua-format.js';
import { textToNumber } from './lua-number.js';
import { regexOf } from './lua-pattern.js';
import { LuaTable } from './lua-table.js';
import { all, callable, failure, first, isTrue, toText, typeName, type LuaFunction } from './lua-values.js';

/** The library `string`. Strings hold ASCII: a character counts as a byte. */
export const stringLibrary: Readonly<Record<string, LuaFunction>> = {
  byte: (text, from = 1, to = from) =>
    Array.from(range(textOf(text), from, to), character => character.charCodeAt(0)),
  char: (...codes) => String.fromCharCode(...codes.map(numberOf)),
  find: (text, pattern, from = 1, plain) => find(textOf(text), textOf(pattern), from, isTrue(plain)),
  format,
  gmatch: (text, pattern) => matches(textOf(text), textOf(pattern)),
  gsub: (text, pattern, replacement, limit = Infinity) =>
    substitute(textOf(text), textOf(pattern), replacement, numberOf(limit)),
  len: text => textOf(text).length,
  lower: text => textOf(text).toLowerCase(),
  match: (text, pattern, from = 1) => {
    const match = matchFrom(regexOf(textOf(pattern)), textOf(text), from);
    return match === null ? undefined : captures(match);
  },
  rep: (text, times) => textOf(text).repeat(Math.max(0, numberOf(times))),
  reverse: text => Array.from(textOf(text)).toReversed().join(''),
  sub: (text, from = 1, to = -1) => range(textOf(text), from, to),
  upper: text => textOf(text).toUpperCase(),
};

function find(text: string, pattern: string, from: unknown, plain: boolean): unknown {
  const match = matchFrom(regexOf(pattern, plain), text, from);
  if (match === null) return undefined;
  return [match.index + 1, match.index + match[0].length, ...match.slice(1)];
}

function matchFrom(regex: RegExp, text: string, from: unknown): RegExpExecArray | null {
  const start = numberOf(from);
  regex.lastIndex = start < 0 ? Math.max(0, text.length + start) : Math.max(0, start - 1);
  return regex.exec(text);
}

/** The values that a match returns: its captures, or all of it when it has none. */
function captures(match: RegExpExecArray): unknown {
  if (match.length === 1) return match[0];
  return match.length === 2 ? match[1] : match.slice(1);
}

function matches(text: string, pattern: string): LuaFunction {
  const regex = regexOf(pattern);
  let at = 0;
  return () => {
    if (at > text.length) return undefined;
    regex.lastIndex = at;
    const match = regex.exec(text);
    if (match === null) return undefined;
    at = match.index + Math.max(1, match[0].length);
    return captures(match);
  };
}

function substitute(text: string, pattern: string, replacement: unknown, limit: number): unknown {
  const regex = regexOf(pattern);
  let result = '';
  let at = 0;
  let count = 0;
  while (count < limit && at <= text.length) {
    regex.lastIndex = at;
    const match = regex.exec(text);
    if (match === null) break;
    count += 1;
    result += text.slice(at, match.index) + replacementOf(match, replacement);
    at = match.index + match[0].length;
    if (match[0] === '') {
      result += text.charAt(at);
      at += 1;
    }
    if (regex.sticky) break;
  }
  return [result + text.slice(at), count];
}

function replacementOf(match: RegExpExecArray, replacement: unknown): string {
  const key = first(captures(match));
  if (typeof replacement === 'string' || typeof replacement === 'number') {
    return toText(replacement).replace(/%(.)/g, (_, name: string) =>
      /\d/.test(name) ? captured(match, Number(name)) : name,
    );
  }
  const found =
    replacement instanceof LuaTable
      ? replacement.get(key)
      : first(callable(replacement)(...all(captures(match))));
  return isTrue(found) ? toText(found) : match[0];
}

function captured(match: RegExpExecArray, index: number): string {
  return (index === 1 && match.length === 1 ? match[0] : match[index]) ?? '';
}

function range(text: string, from: unknown, to: unknown): string {
  const start = numberOf(from);
  const end = numberOf(to);
  const begin = start < 0 ? Math.max(0, text.length + start) : Math.max(0, start - 1);
  return text.slice(begin, Math.max(begin, end < 0 ? text.length + end + 1 : end));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return toText(value);
  throw failure(`bad argument (string expected, got ${typeName(value)})`);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' ? textToNumber(value) : undefined;
  if (number === undefined) throw failure(`bad argument (number expected, got ${typeName(value)})`);
  return number;
}

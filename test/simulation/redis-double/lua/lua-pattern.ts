/*
 * Lua's patterns as regular expressions: a class, a set or a character, each with a quantifier for single
 * characters only. Patterns without a counterpart (%b, %f, position captures) throw.
 */
const CLASSES: Readonly<Record<string, string>> = {
  a: 'A-Za-z',
  c: '\\x00-\\x1f\\x7f',
  d: '0-9',
  l: 'a-z',
  p: '!-\\/:-@\\[-`{-~',
  s: ' \\t\\n\\v\\f\\r',
  u: 'A-Z',
  w: 'A-Za-z0-9',
  x: 'A-Fa-f0-9',
};

const cache = new Map<string, RegExp>();

/** The regular expression of a pattern, global; `anchored` patterns match only at the given start. */
export function regexOf(pattern: string, plain = false): RegExp {
  const key = plain ? `=${pattern}` : `~${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const regex = plain ? new RegExp(escape(pattern), 'g') : translate(pattern);
  cache.set(key, regex);
  return regex;
}

function translate(pattern: string): RegExp {
  const anchored = pattern.startsWith('^');
  let source = '';
  for (let at = anchored ? 1 : 0; at < pattern.length;) {
    const [piece, next] = element(pattern, at);
    source += piece;
    at = next;
  }
  return new RegExp(source, anchored ? 'y' : 'g');
}

function element(pattern: string, at: number): [piece: string, next: number] {
  const char = pattern.charAt(at);
  if (char === '(' && pattern.charAt(at + 1) === ')') throw unsupported('position captures', pattern);
  if (char === '(' || char === ')') return [char, at + 1];
  if (char === '$' && at === pattern.length - 1) return ['(?![^])', at + 1];
  const [single, next] = singleCharacter(pattern, at);
  const quantifier = pattern.charAt(next);
  if (quantifier === '-') return [`${single}*?`, next + 1];
  if (quantifier === '*' || quantifier === '+' || quantifier === '?') return [single + quantifier, next + 1];
  return [single, next];
}

function singleCharacter(pattern: string, at: number): [source: string, next: number] {
  const char = pattern.charAt(at);
  if (char === '.') return ['[^]', at + 1];
  if (char === '[') return set(pattern, at);
  if (char !== '%') return [escape(char), at + 1];
  const named = pattern.charAt(at + 1);
  if (/[bf\d]/.test(named)) throw unsupported(`%${named}`, pattern);
  return [/[a-z]/i.test(named) ? `[${classOf(named)}]` : escape(named), at + 2];
}

function set(pattern: string, start: number): [source: string, next: number] {
  let at = start + 1;
  let source = '[';
  if (pattern.charAt(at) === '^') {
    source += '^';
    at += 1;
  }
  // A bracket that comes first stands for itself.
  do {
    if (at >= pattern.length) throw unsupported('a set without end', pattern);
    const [piece, next] = setMember(pattern, at);
    source += piece;
    at = next;
  } while (pattern.charAt(at) !== ']');
  return [`${source}]`, at + 1];
}

function setMember(pattern: string, at: number): [source: string, next: number] {
  const char = pattern.charAt(at);
  if (char === '%') {
    const named = pattern.charAt(at + 1);
    return [/[a-z]/i.test(named) ? classOf(named) : escape(named), at + 2];
  }
  const end = pattern.charAt(at + 2);
  if (pattern.charAt(at + 1) === '-' && end !== ']' && end !== '')
    return [`${escape(char)}-${escape(end)}`, at + 3];
  return [escape(char), at + 1];
}

function classOf(name: string): string {
  const members = CLASSES[name.toLowerCase()];
  if (members === undefined) return escape(name);
  if (name === name.toLowerCase()) return members;
  return complement(new RegExp(`[${members}]`));
}

/** All characters of one byte that are not in the class, as members of a set. */
function complement(regex: RegExp): string {
  let members = '\\u0080-\\uffff';
  for (let code = 0; code < 128; code += 1) {
    if (!regex.test(String.fromCharCode(code))) members += `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return members;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function unsupported(what: string, pattern: string): Error {
  return new Error(`The Redis double knows no ${what} in the Lua pattern "${pattern}"`);
}

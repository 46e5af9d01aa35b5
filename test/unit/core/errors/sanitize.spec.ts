import { describe, expect, it } from '@jest/globals';

import { inertJson, manyLines, oneLine } from '../../../../lib/core/errors/sanitize.js';

/** All that a terminal, an editor or a browser might obey. */
const FORGING = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, code) => 0x7f + code),
  0x061c,
  0x200b,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  0xfeff,
  0xfff9,
  0xe0041,
  0xd800,
  0xdc00,
  ...Array.from({ length: 5 }, (_, at) => 0x202a + at),
  ...Array.from({ length: 4 }, (_, at) => 0x2066 + at),
].map(code => String.fromCodePoint(code));
const isForging = (text: string) =>
  /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u.test(text);

describe('a text on one line', () => {
  it('has nothing in it that would be obeyed', () => {
    for (const character of FORGING) expect(isForging(oneLine(`a${character}b`))).toBe(false);
    expect(isForging(oneLine(FORGING.join('')))).toBe(false);
  });

  it.each([
    ['  one\n  two\r\n\tthree ', 'one two three'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u009b31mred', 'red'],
    ['\u001b]0;title\u0007', '\ufffd]0;title\ufffd'],
    ['user\u202egnp.exe', 'user\ufffdgnp.exe'],
    ['Überweisung 👨‍👩‍👧 日本', 'Überweisung 👨‍👩‍👧 日本'],
  ])('%j is %j', (text, safe) => expect(oneLine(text)).toBe(safe));

  it('is cut, and not within a character', () => {
    expect(oneLine('x'.repeat(50), 10)).toBe(`${'x'.repeat(10)}…`);
    expect(oneLine('x'.repeat(10), 10)).toBe('x'.repeat(10));
    expect(oneLine('👍👍👍', 3)).toBe('👍…');
    expect(oneLine(`${' '.repeat(1e6)}x`, 10)).toBe('…');
  });
});

describe('a text of several lines', () => {
  it('keeps its lines and nothing else', () => {
    for (const character of FORGING)
      expect(isForging(manyLines(`a${character}b`).replaceAll('\n', ''))).toBe(false);
    expect(manyLines('a\r\n    b\u001b[31m\tc')).toBe('a\n    b    c');
  });
});

describe('JSON', () => {
  it('means the same, and commands nothing', () => {
    const text = FORGING.join('') + 'é👍';
    const inert = inertJson(JSON.stringify({ text }));
    expect(JSON.parse(inert)).toEqual({ text });
    expect(isForging(inert.replace(/[\u{e0000}-\u{e007f}]/gu, ''))).toBe(false);
  });
});

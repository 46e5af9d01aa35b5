import { describe, expect, it } from '@jest/globals';

import { pageOf } from '../../../lib/cli/output.js';
import { createPaint } from '../../../lib/cli/paint.js';

const ESCAPE = String.fromCharCode(0x1b);

describe('paint', () => {
  it.each([
    ['bold', 1, 22],
    ['cyan', 36, 39],
    ['dim', 2, 22],
    ['green', 32, 39],
    ['red', 31, 39],
    ['yellow', 33, 39],
  ] as const)('sets %s with the codes %i and %i', (style, open, close) =>
    expect(createPaint(true)[style]('a')).toBe(`${ESCAPE}[${open}ma${ESCAPE}[${close}m`),
  );

  it('leaves a text as it is where no colours are wanted', () =>
    expect(Object.values(createPaint(false)).map(paint => paint('a'))).toEqual(Array(6).fill('a')));
});

describe('the page of a command line', () => {
  it.each([
    { isTTY: true, env: {}, isColoured: true },
    { isTTY: true, env: { TERM: 'dumb' }, isColoured: false },
    { isTTY: true, env: { NO_COLOR: '1' }, isColoured: false },
    { isTTY: true, env: { NO_COLOR: '' }, isColoured: true },
    { isTTY: true, env: { FORCE_COLOR: '0' }, isColoured: true },
    { isTTY: true, env: { FORCE_COLOR: '1', NO_COLOR: '1' }, isColoured: false },
    { isTTY: false, env: {}, isColoured: false },
    { isTTY: false, env: { CI: 'true' }, isColoured: false },
    { isTTY: false, env: { FORCE_COLOR: '0' }, isColoured: false },
    { isTTY: false, env: { FORCE_COLOR: '1' }, isColoured: true },
    { isTTY: false, env: { FORCE_COLOR: '' }, isColoured: true },
    { isTTY: false, env: { FORCE_COLOR: '1', TERM: 'dumb' }, isColoured: true },
    { isTTY: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' }, isColoured: false },
  ])('is coloured: $isColoured, with a terminal: $isTTY, and $env', ({ isTTY, env, isColoured }) => {
    const stdout = Object.assign(Object.create(process.stdout), { isTTY, columns: 80 });
    expect(pageOf({ env, stdout }).paint.red('a') !== 'a').toBe(isColoured);
  });
});

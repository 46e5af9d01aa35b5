import { describe, expect, it } from '@jest/globals';

import { screen } from '../../../lib/cli/watch.js';

const LINES = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`).join('\n');

describe('an answer that is watched', () => {
  it('keeps its first lines on a low terminal, and says how many are not shown', () => {
    const shown = screen(LINES, { isTTY: true, rows: 12 }).split('\n');
    expect(shown).toHaveLength(12);
    expect(shown[0]).toContain('line 1');
    expect(shown.slice(9)).toEqual(['line 10', '… 10 more lines', '']);
  });

  it('is whole where there is room, and where it goes to no terminal', () => {
    expect(screen(LINES, { isTTY: true, rows: 21 })).toContain('line 20');
    expect(screen(LINES, { isTTY: false, rows: 12 })).toBe(`${LINES}\n`);
  });
});

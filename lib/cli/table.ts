import { stripVTControlCharacters } from 'node:util';

import Table from 'cli-table3';

const GAP = 2;
/** What is longer is cut: to lay it out takes out of proportion. */
const MAX_CELL = 2000;
const MIN_WIDTH = 16;
const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map(part => [part, '']),
);

/** Lays out rows under a head. The last column is wrapped where it would go beyond the width. */
export function table(
  head: readonly string[],
  written: readonly (readonly string[])[],
  width: number,
): string {
  const rows = written.map(row => row.map(cell => cell.slice(0, MAX_CELL)));
  const widths = head.map((title, at) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[at] ?? '')), widthOf(title)),
  );
  const others = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP, 0);
  const last = Math.min(widths.at(-1) ?? 0, Math.max(MIN_WIDTH, width - others));
  const drawn = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colWidths: [...widths.slice(0, -1), last].map(one => one + GAP),
    wordWrap: true,
    wrapOnWordBoundary: true,
  });
  drawn.push([...head], ...rows.map(row => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}

function widthOf(text: string): number {
  return Math.max(
    ...stripVTControlCharacters(text)
      .split('\n')
      .map(line => line.length),
  );
}

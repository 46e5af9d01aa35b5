import { stripVTControlCharacters } from 'node:util';

import Table from 'cli-table3';

const ESCAPE = String.fromCharCode(0x1b);
const GAP = 2;
/** A longer cell is cut: its layout would take too long. */
const MAX_CELL = 2000;
const MAX_CELL_LINES = 100;
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

/**
 * Lays out rows under a head. The last column is wrapped where it would go beyond the width; where the others alone do
 * so, the cells of a row stand below one another. cli-table3 gets one row for
 * each line: for every line of a cell it measures the whole cell, as often as that has wide characters.
 */
export function table(
  head: readonly string[],
  written: readonly (readonly string[])[],
  width: number,
): string {
  const rows = written.map(row => row.map(cut));
  const widths = head.map((title, at) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[at] ?? '')), widthOf(title)),
  );
  const others = widths.slice(0, -1).reduce((sum, one) => sum + one + GAP, 0);
  const least = Math.min(widths.at(-1) ?? 0, MIN_WIDTH);
  if (others + least > width) return stacked(head, rows, width);
  const last = Math.min(widths.at(-1) ?? 0, Math.max(MIN_WIDTH, width - others));
  const drawn = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colWidths: [...widths.slice(0, -1), last].map(one => one + GAP),
  });
  drawn.push([...head], ...rows.flatMap(row => linesOf(row, head.length, last)));
  return drawn
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}

const INDENT = '  ';

/** Rows below one another, for a page that is too narrow for columns: the first cell, then each further one by its title. */
function stacked(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const titleWidth = head.slice(1).reduce((widest, title) => Math.max(widest, widthOf(title)), 0) + GAP;
  const room = Math.max(MIN_WIDTH, width - INDENT.length - titleWidth);
  const blocks = rows.map(([first = '', ...cells]) => [
    ...linesIn(first, Math.max(MIN_WIDTH, width)),
    ...cells.flatMap((cell, at) => {
      if (cell === '') return [];
      const title = head[at + 1] ?? '';
      const [start = '', ...others] = linesIn(cell, room);
      const pad = ' '.repeat(titleWidth - widthOf(title));
      return [
        `${INDENT}${title}${pad}${start}`,
        ...others.map(line => `${INDENT}${' '.repeat(titleWidth)}${line}`),
      ];
    }),
  ]);
  return blocks.map(lines => lines.join('\n')).join('\n');
}

function linesIn(cell: string, width: number): string[] {
  return cell.split('\n').flatMap(line => wrapped(line, width));
}

/** An escape that sets no colour: texts are sanitized, and a search for the end of such a sequence takes long. */
const NO_COLOUR = new RegExp(`${ESCAPE}(?!\\[\\d{1,2}m)`, 'g');

function cut(cell: string): string {
  return cell.slice(0, MAX_CELL).replaceAll(NO_COLOUR, '').split('\n', MAX_CELL_LINES).join('\n');
}

/** A row as rows of one line each. */
function linesOf(row: readonly string[], columns: number, last: number): string[][] {
  const cells = Array.from({ length: columns }, (_, at) => {
    const lines = (row[at] ?? '').split('\n');
    return at < columns - 1 ? lines : lines.flatMap(line => wrapped(line, last));
  });
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
  return Array.from({ length: height }, (_, line) => cells.map(lines => lines[line] ?? ''));
}

/** The sequences that set a colour, around a whole line. */
const PAINTED = new RegExp(`^((?:${ESCAPE}\\[\\d{1,2}m)+)([^${ESCAPE}]*)((?:${ESCAPE}\\[\\d{1,2}m)+)$`);

/** A line as lines within a width, between words where that is possible, each in the colour of the whole. */
function wrapped(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line];
  const [, before = '', text = line, behind = ''] = PAINTED.exec(line) ?? [];
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ').flatMap(one => pieces(one, width))) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (widthOf(longer) <= width) current = longer;
    else {
      if (current !== '') lines.push(current);
      current = word;
    }
  }
  return [...lines, current].map(one => `${before}${one}${behind}`);
}

/** A word that is too wide, in pieces that are not. */
function pieces(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word];
  const characters = Array.from(word);
  const size = Math.max(1, Math.floor(width / 2));
  const count = Math.ceil(characters.length / size);
  return Array.from({ length: count }, (_, at) => characters.slice(at * size, (at + 1) * size).join(''));
}

/** Characters that take two columns, or may. */
const WIDE = /[\u{1100}-\u{10ffff}]/gu;

function widthOf(text: string): number {
  const lines = stripVTControlCharacters(text).split('\n');
  return lines.reduce((widest, line) => Math.max(widest, line.replace(WIDE, '  ').length), 0);
}

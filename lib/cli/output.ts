import { toJson, type Answer, type Page } from './answer.js';
import type { ReportedError } from './cli-error.js';
import { createPaint } from './paint.js';

const DEFAULT_WIDTH = 100;

/** NO_COLOR is stronger than FORCE_COLOR; without either, colours are for terminals. */
export function pageOf({ env, stdout }: Pick<typeof process, 'env' | 'stdout'>): Page {
  const { NO_COLOR = '', FORCE_COLOR = '0', TERM } = env;
  const isWanted = FORCE_COLOR !== '0' || (stdout.isTTY && TERM !== 'dumb');
  return {
    width: stdout.isTTY ? stdout.columns : DEFAULT_WIDTH,
    paint: createPaint(NO_COLOR === '' && isWanted),
  };
}

/** An answer as it is printed. */
export function printed({ json, text }: Answer, format: 'table' | 'json', page: Page): string {
  return `${format === 'json' ? toJson(json, 2) : terminalSafe(text(page))}\n`;
}

const ESCAPE = String.fromCharCode(0x1b);
/** Colours and line ends; or whatever else a terminal obeys. */
const OBEYED = new RegExp(
  `(${ESCAPE}\\[\\d{1,2}m|\\n)|[\\p{Cc}\\p{Cs}\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]`,
  'gu',
);

/** A page, whatever got into it: of all that a terminal obeys only colours and line ends are left. */
function terminalSafe(text: string): string {
  return text.replace(OBEYED, (_, kept?: string) => kept ?? '\ufffd');
}

/** An error as it is printed. */
export function printedError({ code, message, details }: ReportedError, format: 'table' | 'json'): string {
  return `${format === 'json' ? toJson({ error: { code, message, ...details } }) : `${code}: ${message}`}\n`;
}

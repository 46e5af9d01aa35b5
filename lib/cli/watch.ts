import { SystemClock } from '../adapters/system/system-clock.js';
import { parseDuration } from '../core/options/duration.js';
import { StoreUnavailableError } from '../core/errors/errors.js';
import { sleep } from '../ports/time.js';
import { toJson, type Answer } from './answer.js';
import { CliError, reportError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import { pageOf, printedError } from './output.js';

const DEFAULT_INTERVAL_MS = 2000;
const MIN_INTERVAL_MS = 100;
/** To the upper left corner; clears what is below. */
const REDRAW = '\u001b[H\u001b[J';

/** How often the answer is read, ms. */
export function watchMs(written: string | true): number {
  const ms = written === true ? DEFAULT_INTERVAL_MS : parseDuration(written);
  if (ms !== undefined && ms >= MIN_INTERVAL_MS) return ms;
  throw new CliError(
    'USAGE',
    EXIT.usage,
    `--watch takes a duration of at least 100ms, such as 5s, not '${written}'`,
  );
}

/** Reads the answer again and again and prints it, until Ctrl-C. A Redis that does not answer is reported, and asked again. */
export async function watch(read: () => Promise<Answer>, intervalMs: number, format: 'table' | 'json') {
  const end = new AbortController();
  const stop = (): void => end.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    for (let isFirst = true; !end.signal.aborted; isFirst = false) {
      await show(read, format, isFirst);
      await sleep(new SystemClock(), intervalMs, end.signal);
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function show(read: () => Promise<Answer>, format: 'table' | 'json', isFirst: boolean): Promise<void> {
  try {
    const { json, text } = await read();
    if (format === 'json') process.stdout.write(`${toJson(json)}\n`);
    else process.stdout.write(screen(text(pageOf(process)), process.stdout));
  } catch (error) {
    if (isFirst || !(error instanceof StoreUnavailableError)) throw error;
    process.stderr.write(printedError(reportError(error), format));
  }
}

/** A text from the upper left corner of a terminal, without the lines that would push its first ones out. */
export function screen(text: string, { isTTY, rows }: Pick<typeof process.stdout, 'isTTY' | 'rows'>): string {
  if (!isTTY) return `${text}\n`;
  const lines = text.split('\n');
  if (lines.length < rows || rows < 3) return `${REDRAW}${text}\n`;
  const shown = lines.slice(0, rows - 2);
  return `${REDRAW}${[...shown, `… ${lines.length - shown.length} more lines`].join('\n')}\n`;
}

/* The options of single verbs, read as they were typed. */
import { formatDuration, parseDuration, withoutDays } from '../core/options/duration.js';
import { nearestName } from '../core/errors/nearest-name.js';
import { END_OUTCOMES, MAX_LIMIT, type RunCursor } from '../client/history-query.js';
import { MAX_PAUSE_MS } from '../core/run/pause-input.js';
import type { EndOutcome } from '../core/run/run-outcome.js';
import { parseCursor } from './page-cursor.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';

/** An instant, how long before the present of Redis it is, or the last entry of the page before. */
export type Before = { readonly at: Date | RunCursor } | { readonly agoMs: number };

/** `--limit`. */
export function readLimit(written: string): number {
  const limit = /^\d{1,9}$/.test(written) ? Number(written) : 0;
  if (limit > 0 && limit <= MAX_LIMIT) return limit;
  throw refused('--limit', `a whole number from 1 to ${MAX_LIMIT}`, written);
}

/** `--before`: ISO 8601, a duration ago, or the `next` of a page. */
export function readBefore(written: string): Before {
  const agoMs = parseDuration(written);
  if (agoMs !== undefined) return { agoMs };
  const cursor = parseCursor(written);
  if (cursor !== undefined) return { at: cursor };
  const at = new Date(written);
  if (/^[+-]?\d{4,6}-/.test(written) && !Number.isNaN(at.getTime())) return { at };
  throw refused(
    '--before',
    'an instant such as 2026-11-24T17:00:00Z, or a duration ago such as 2h',
    written,
    daysHint(written),
  );
}

/** `--outcome`: one or more, with commas. */
export function readOutcomes(written: string): readonly EndOutcome[] {
  return written.split(',', END_OUTCOMES.length).map(text => {
    const outcome = END_OUTCOMES.find(one => one === text.trim());
    if (outcome !== undefined) return outcome;
    const nearest = nearestName(text.trim(), END_OUTCOMES);
    const hint = nearest === undefined ? '' : `: did you mean '${nearest}'?`;
    throw refused('--outcome', `one or more of ${END_OUTCOMES.join(', ')}`, text, hint);
  });
}

/** `--for` and `--wait`: above zero, up to a year. */
export function readDuration(option: string, written: string): string {
  const ms = parseDuration(written);
  if (ms !== undefined && ms > 0 && ms <= MAX_PAUSE_MS) return written;
  const bounds = `a duration such as 30s, 5m or 1h30m, up to ${formatDuration(MAX_PAUSE_MS)}`;
  throw refused(option, bounds, written, durationHint(written));
}

function durationHint(written: string): string {
  return /^\d+$/.test(written) ? `: did you mean ${written}s or ${written}m?` : daysHint(written);
}

function daysHint(written: string): string {
  const inHours = withoutDays(written);
  return inHours === undefined ? '' : `: there are no days or weeks, write ${inHours}`;
}

function refused(option: string, takes: string, written: string, hint = ''): CliError {
  return new CliError('INVALID_OPTIONS', EXIT.usage, `${option} takes ${takes}, not '${written}'${hint}`);
}

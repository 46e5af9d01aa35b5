import type { JobRun } from '../core/run/job-run.js';
import type { RunOutcome } from '../core/run/run-outcome.js';
import { plain, type Page } from './answer.js';

/** An outcome in its colour. */
export function paintOutcome(outcome: RunOutcome, { paint }: Page): string {
  if (outcome === 'succeeded') return paint.green(outcome);
  if (outcome === 'running') return paint.cyan(outcome);
  return outcome === 'skipped' ? paint.yellow(outcome) : paint.red(outcome);
}

/** Why a run came out as it did: the reason of a skip, an error, how many ticks were missed; else how it came about. */
export function whyOf({ reason, error, missed, manual, atStart, catchUp, recovering }: JobRun): string {
  if (missed !== undefined) return `${missed.count} ${missed.count === 1 ? 'tick' : 'ticks'}`;
  const facts = [
    manual && (atStart ? 'at start' : 'manual'),
    catchUp && 'caught up',
    recovering && 'recovered',
  ];
  const words = [reason, error && `${error.name}: ${error.message}`, ...facts];
  return words.flatMap(word => (word === undefined || word === false ? [] : plain(word))).join(', ');
}

import { InvalidOptionsError } from '../core/errors/errors.js';
import type { JobRun } from '../core/run/job-run.js';
import type { EndOutcome, RunOutcome } from '../core/run/run-outcome.js';
import type { RunRef } from '../core/run/run-ref.js';
import type { HistoryQuery } from '../ports/history-store.js';

/** Selects runs of the history. */
export interface RunQuery {
  /** At most this many, the newest; up to 10,000. @default 50 */
  readonly limit?: number;
  /** Only ticks before this instant; or, for the next page, the entries after this one, the last of the page before. */
  readonly before?: Date | RunCursor | undefined;
  /** Only runs with one of these outcomes. @default all */
  readonly outcome?: Exclude<RunOutcome, 'running'> | readonly Exclude<RunOutcome, 'running'>[];
}

/** The fields of an entry after which a page begins. */
export type RunCursor = Pick<JobRun, 'job' | 'tick' | 'runId' | 'manual'>;

const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 10_000;
export const END_OUTCOMES: readonly EndOutcome[] = [
  'succeeded',
  'failed',
  'timed-out',
  'aborted',
  'abandoned',
  'skipped',
  'missed',
  'unreadable',
];

/** Reads a query as it was written. Throws `InvalidOptionsError` for a limit, an instant or an outcome that makes no sense. */
export function readQuery(job: string | undefined, options: RunQuery): HistoryQuery {
  const { before } = options;
  return { job, limit: limitOf(options), before: before && placeOf(before), states: outcomesOf(options) };
}

function placeOf(before: Date | RunCursor): number | RunRef {
  if (before instanceof Date) return instantOf(before);
  const { job, tick, runId, manual } = before;
  return { job, tick: instantOf(tick), runId, manual };
}

function instantOf(before: Date): number {
  const instant: unknown = before instanceof Date ? before.getTime() : undefined;
  if (typeof instant === 'number' && !Number.isNaN(instant)) return instant;
  throw new InvalidOptionsError({
    problem: 'Invalid `before` of a history query',
    received: before,
    remedy: 'Give a valid Date, or the last entry of the page before',
  });
}

function outcomesOf({ outcome }: RunQuery): readonly EndOutcome[] | undefined {
  const wanted = outcome === undefined ? undefined : [outcome].flat();
  const unknown = wanted?.find(one => !END_OUTCOMES.includes(one));
  if (unknown === undefined) return wanted;
  throw new InvalidOptionsError({
    problem: 'Invalid `outcome` of a history query',
    received: unknown,
    remedy: `Give one or more of ${END_OUTCOMES.join(', ')}`,
  });
}

function limitOf({ limit = DEFAULT_LIMIT }: RunQuery): number {
  if (Number.isInteger(limit) && limit > 0 && limit <= MAX_LIMIT) return limit;
  throw new InvalidOptionsError({
    problem: `The limit of a history is a whole number from 1 to ${MAX_LIMIT}`,
    received: limit,
    remedy: `Leave it out for ${DEFAULT_LIMIT}, and page on with \`before\` where more is wanted`,
  });
}

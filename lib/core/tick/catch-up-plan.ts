import type { Schedule } from '../schedule/schedule.js';
import type { JobPolicy } from '../job/job-policy.js';

/** `all` catches up this many ticks at most, the newest ones. */
export const MAX_CAUGHT_UP = 100;

/** Missed ticks beyond this many are not counted one by one. */
const MAX_COUNTED = 1000;

/** The plan for the ticks that no pod has decided. */
export interface CatchUpPlan {
  /** Unix ms, oldest first. */
  readonly run: readonly number[];
  readonly missed: MissedSpan | undefined;
}

/** The ticks in `(since, tick]` that are given up: `count` of them, or more. */
export interface MissedSpan {
  readonly since: number;
  readonly tick: number;
  readonly count: number;
}

/**
 * Decides about the ticks in `(watermark, now]`: those within the window that the policy catches up, and the rest,
 * which is missed. The rest always lies before the ticks that run, so that it can be recorded first.
 */
export function planCatchUp(
  schedule: Schedule,
  { catchUp, catchUpWindowMs }: Pick<JobPolicy, 'catchUp' | 'catchUpWindowMs'>,
  watermark: number,
  now: number,
): CatchUpPlan {
  const from = Math.max(watermark, now - catchUpWindowMs);
  const run = catchUp === 'skip' ? [] : newest(schedule, from, now, catchUp === 'all' ? MAX_CAUGHT_UP : 1);
  const oldestRun = run[0];
  const until = oldestRun === undefined ? now : oldestRun - 1;
  return { run, missed: missedSpan(schedule, watermark, until) };
}

/** The newest ticks in `(after, until]`, oldest first. */
function newest(schedule: Schedule, after: number, until: number, limit: number): number[] {
  const ticks: number[] = [];
  let bound = until;
  while (ticks.length < limit) {
    const tick = schedule.latest(after, bound);
    if (tick === undefined) break;
    ticks.unshift(tick);
    bound = tick - 1;
  }
  return ticks;
}

/** The missed ticks in `(since, until]`; `undefined` when there are none. */
export function missedSpan(schedule: Schedule, since: number, until: number): MissedSpan | undefined {
  const last = schedule.latest(since, until);
  if (last === undefined) return undefined;
  let count = 0;
  for (let tick = schedule.next(since); tick !== undefined && tick <= until; tick = schedule.next(tick)) {
    count += 1;
    if (count === MAX_COUNTED) break;
  }
  return { since, tick: last, count };
}

/*
 * The one rule for a job that is overdue: a tick is late, and the watermark of its job has not reached it. A follower
 * judges its leader by it (engine/election/zombie-guard), and so does the status. Instants are Unix ms by the clock of
 * the store.
 */
import type { Schedule } from '../schedule/schedule.js';

/** A tick that is not decided is late when the time of a fail-over, the jitter of its job and this have passed, ms. */
export const SLACK_MS = 5000;

/** How far in the future a watermark may be: clocks of a store that fails over differ. */
export const AHEAD_MS = 5000;

/** A job that ticks on this pod. */
export interface TickingJob {
  readonly schedule: Schedule;
  /** Ticks up to here do not count. */
  readonly from: number;
  /** How late a tick may be without being late. */
  readonly toleranceMs: number;
}

/** A tick that should have been decided. */
export interface DueTick {
  readonly tick: number;
  /** Fingerprint of the schedule that has the tick. */
  readonly schedule: string;
  readonly toleranceMs: number;
}

/** How late a decision about a tick may be, ms. */
export function toleranceMs(ttlMs: number, jitterMs: number): number {
  return ttlMs + SLACK_MS + jitterMs;
}

/** The newest tick that is late; `undefined` when there is none. */
export function lateTick(
  { schedule, from, toleranceMs: late }: TickingJob,
  now: number,
): DueTick | undefined {
  const tick = schedule.latest(from, now - late);
  return tick === undefined ? undefined : { tick, schedule: schedule.fingerprint, toleranceMs: late };
}

/**
 * Whether a job is overdue with this tick. A watermark in the future counts: nothing starts until then.
 *
 * @param now may be another clock's than that by which the tick was found late
 */
export function isOverdue({ tick, toleranceMs: late }: DueTick, watermark: number, now: number): boolean {
  const isBehind = watermark < tick || watermark > now + AHEAD_MS;
  return isBehind && tick <= now - late;
}

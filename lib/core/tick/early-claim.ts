/*
 * The one rule for a claim that comes too early. The timer of a pod may be ahead of the clock of the store, by which ticks
 * are due: a small lead is tolerated, and a larger one costs another claim. The scripts in Redis have a copy of the
 * number, which a test compares.
 */

/** A tick may be claimed this much before it is due, ms. */
export const EARLY_MS = 50;

/** Whether a claim of the tick comes too early. Unix ms by the clock of the store. */
export function isEarly(tick: number, now: number): boolean {
  return tick > now + EARLY_MS;
}

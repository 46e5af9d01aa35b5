/*
 * The one rule for a claim that comes too early: a tick is early that is due later than now + `EARLY_MS`, by the clock of the
 * store. The timer of a pod may be ahead of that clock: a small lead is tolerated, and a larger one costs another claim. The
 * scripts in Redis have a copy of the number, which a test compares.
 */

/** A tick may be claimed this much before it is due, ms. */
export const EARLY_MS = 50;

import type { RunRef } from './run-ref.js';

/** By tick, the newest first; equal ticks by run id. */
export function newestFirst(a: RunRef, b: RunRef): number {
  return b.tick - a.tick || byName(a, b);
}

/** By tick, the oldest first; equal ticks by run id. */
export function oldestFirst(a: RunRef, b: RunRef): number {
  return a.tick - b.tick || byName(a, b);
}

function byName(a: RunRef, b: RunRef): number {
  return compare(a.runId, b.runId) || compare(a.job, b.job) || Number(a.manual) - Number(b.manual);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** What a run is put in order by, and so its place in the past. */
export interface RunPlace {
  readonly job: string;
  /** Unix ms. */
  readonly tick: number;
  readonly runId: string;
  readonly manual: boolean;
}

/** By tick, the newest first; equal ticks by run id. */
export function newestFirst(a: RunPlace, b: RunPlace): number {
  return b.tick - a.tick || byName(a, b);
}

/** By tick, the oldest first; equal ticks by run id. */
export function oldestFirst(a: RunPlace, b: RunPlace): number {
  return a.tick - b.tick || byName(a, b);
}

function byName(a: RunPlace, b: RunPlace): number {
  return compare(a.runId, b.runId) || compare(a.job, b.job) || Number(a.manual) - Number(b.manual);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

import type { CaseFile, Run } from './case-file.js';

/** How late the ticks of one cause started. */
export interface Lateness {
  readonly cause: string;
  readonly starts: number;
  /** In milliseconds, from the nominal instant to the call of the handler. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The effect of a fault lasts this much longer: the lease runs out, a pod is elected and catches up. */
const AFTERMATH_MS = 2000;

/** Milliseconds from a tick to the call of its handler, grouped by what may have delayed it. */
export type LatenessByCause = ReadonlyMap<string, readonly number[]>;

/** Says how late each tick started that did; recoveries do not count. */
export function latenessOf(file: CaseFile): LatenessByCause {
  const byCause = new Map<string, number[]>();
  for (const run of file.runs) {
    const { start } = run;
    const due = file.dueAt(start.tick);
    if (start.recovering || due < file.evidence.observed.from || due > file.evidence.observed.to) continue;
    const cause = causeOf(file, run);
    // That a clock is behind has a row of its own; elsewhere only what came on top of it counts.
    const own = cause === CLOCK_BEHIND ? 0 : Math.max(0, -start.clockOffsetMs);
    byCause.set(cause, [...(byCause.get(cause) ?? []), Math.max(0, file.lateMs(start) - own)]);
  }
  return byCause;
}

/** The worst cause last. */
export function summaries(byCause: LatenessByCause): Lateness[] {
  return [...byCause]
    .map(([cause, values]) => {
      const sorted = values.toSorted((a, b) => a - b);
      const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      return { cause, starts: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
    })
    .sort((a, b) => a.max - b.max);
}

const CLOCK_BEHIND = 'clock behind';

function causeOf(file: CaseFile, { start }: Run): string {
  const due = file.dueAt(start.tick);
  const isQueued = file.evidence.jobs.some(({ name, overlap }) => name === start.job && overlap === 'queue');
  if (isQueued && waited(file, start.job, due, start.at)) return 'queued';
  const felt = file.evidence.faults
    .filter(({ from, to }) => from <= start.at && to + file.evidence.ttlMs + AFTERMATH_MS >= due)
    .sort((a, b) => a.from - b.from)
    .at(-1);
  if (felt !== undefined) return felt.kind;
  return start.clockOffsetMs < -100 ? CLOCK_BEHIND : 'no fault';
}

function waited(file: CaseFile, job: string, due: number, startedAt: number): boolean {
  return file.runs.some(
    ({ start, endAt }) => start.job === job && start.at < startedAt && endAt > due && startedAt - due > 100,
  );
}

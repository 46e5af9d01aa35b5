import type { CaseFile } from './case-file.js';
import type { Interval } from './evidence.js';

/** A time in which no handler was called, though a job is due each second. */
export interface Silence extends Interval {
  /** The faults that went on meanwhile. */
  readonly faults: readonly string[];
  /** How long it lasted after the last fault was repaired. */
  readonly afterMs: number;
}

const LONGEST = 5;
/** A job is due each second. */
const SILENT_MS = 1500;

/** The longest silences, the longest after the last fault first. */
export function silencesOf(file: CaseFile): Silence[] {
  const { observed, faults } = file.evidence;
  const starts = file.runs
    .map(({ start }) => start.at)
    .filter(at => at >= observed.from && at <= observed.to);
  const bounds = [observed.from, ...starts, observed.to];
  return bounds
    .slice(1)
    .map((to, index) => {
      const from = bounds[index] ?? to;
      const during = faults.filter(fault => fault.from <= to && fault.to >= from);
      const mendedAt = Math.max(from, ...during.map(fault => Math.min(fault.to, to)));
      const named = during.map(fault => `${fault.kind} (${fault.target})`);
      return { from, to, faults: named, afterMs: to - mendedAt };
    })
    .filter(({ from, to }) => to - from > SILENT_MS)
    .sort((a, b) => b.afterMs - a.afterMs)
    .slice(0, LONGEST);
}

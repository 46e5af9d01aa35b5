import type { Fate } from './fate.js';
import type { Verdict } from './judge.js';
import { summaries } from './lateness.js';

const FATES: readonly Fate[] = [
  'once',
  'recovered',
  'skipped',
  'missed',
  'abandoned',
  'given up',
  'lost',
  'doubled by loss',
  'doubled',
  'unexplained',
];

/** The verdicts of several runs as one. */
export function merged(verdicts: readonly Verdict[]): Verdict {
  const lateness = new Map<string, number[]>();
  for (const verdict of verdicts) {
    for (const [cause, values] of verdict.lateness) {
      lateness.set(cause, [...(lateness.get(cause) ?? []), ...values]);
    }
  }
  const names = new Set(verdicts.flatMap(({ jobs }) => jobs.map(({ job }) => job)));
  const jobs = [...names].map(name => {
    const counts = verdicts.flatMap(verdict => verdict.jobs.filter(({ job }) => job === name));
    const sum = (of: (count: (typeof counts)[number]) => number) =>
      counts.reduce((total, count) => total + of(count), 0);
    const fates = Object.fromEntries(FATES.map(fate => [fate, sum(count => count.fates[fate] ?? 0)]));
    return { job: name, due: sum(({ due }) => due), fates, caughtUp: sum(({ caughtUp }) => caughtUp) };
  });
  const silences = verdicts
    .flatMap(verdict => verdict.silences)
    .sort((a, b) => b.afterMs - a.afterMs)
    .slice(0, 8);
  return { jobs, lateness, silences, convictions: verdicts.flatMap(({ convictions }) => convictions) };
}

/** The ends of the ticks, how late they started, and which laws were broken, for people. */
export function report(verdict: Verdict): string {
  const ticks = [
    ['ticks', 'due', ...FATES, 'caught up'],
    ...merged([verdict]).jobs.map(({ job, due, fates, caughtUp }) => [
      job,
      due,
      ...FATES.map(fate => fates[fate] ?? 0),
      caughtUp,
    ]),
  ];
  const lateness = [
    ['late by (ms), by cause', 'starts', 'p50', 'p99', 'max'],
    ...summaries(verdict.lateness).map(({ cause, starts, p50, p99, max }) => [
      cause,
      starts,
      ...[p50, p99, max].map(value => value.toFixed(value < 10 ? 1 : 0)),
    ]),
  ];
  const convictions = verdict.convictions.map(({ law, at, what }) => `  ${law} (${Math.round(at)}): ${what}`);
  const silences = [
    ['longest silences (s)', 'in all', 'after the faults', 'faults'],
    ...verdict.silences.map(({ from, to, afterMs, faults }) => [
      `at ${Math.round(from)}`,
      ((to - from) / 1000).toFixed(1),
      (afterMs / 1000).toFixed(1),
      faults.join(', ') || 'none',
    ]),
  ];
  return [table(ticks), table(lateness), table(silences), ...convictions].join('\n\n');
}

function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map(row => String(row[column] ?? '').length)),
  );
  return rows
    .map(row =>
      row
        .map((cell, column) =>
          column === 0
            ? String(cell).padEnd(widths[column] ?? 0)
            : String(cell).padStart((widths[column] ?? 0) + 2),
        )
        .join(''),
    )
    .map(line => `  ${line}`)
    .join('\n');
}

/**
 * Adds counters to a total.
 *
 * @param {Record<string, any>} total
 * @param {Record<string, any>} counters
 */
export function sum(total, counters) {
  for (const [name, count] of Object.entries(counters)) {
    if (typeof count === 'object') sum((total[name] ??= {}), count);
    else total[name] = (total[name] ?? 0) + count;
  }
}

/** @param {Record<string, any>} counters */
export function describeCounters({ faults = {}, commands = 0, calls = 0, caughtUp = 0, terms = 0, due = 0 }) {
  const kinds = Object.entries(faults).sort(([, a], [, b]) => Number(b) - Number(a));
  return [
    `faults: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `ticks due ${due} · handler calls ${calls}, ${caughtUp} of them caught up · terms ${terms} · commands ${commands}`,
  ].join('\n');
}

/**
 * The violations, and the faults under which they happened.
 *
 * @param {import('./pool.mjs').Verdict} verdict
 */
export function describeFailure({ seed, scenario, violations }) {
  if (violations.length === 0) return `seed ${seed}: every rule holds`;
  const lines = violations
    .slice(0, 10)
    .map(({ rule, atMs, what }) => `  ${(atMs / 1000).toFixed(3)} s  ${rule}: ${what}`);
  const { faults, jobs, pods, ...rest } = scenario;
  /** @param {string} what @param {readonly object[]} list */
  const listed = (what, list) => list.map(item => `  ${what} ${JSON.stringify(item)}`);
  return [
    `seed ${seed}: ${violations.length} broken rules`,
    ...lines,
    'scenario (shortened where possible):',
    `  ${JSON.stringify(rest)}`,
    ...listed('pod  ', pods),
    ...listed('job  ', jobs),
    ...listed('fault', faults),
  ].join('\n');
}

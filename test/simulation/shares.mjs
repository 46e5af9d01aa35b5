/**
 * How much of what it could judge each rule has to judge, as a share; rules that are not listed leave out nothing.
 *
 * @type {Readonly<Record<string, number>>}
 */
export const LEAST_SHARES = {
  'G1: a tick starts once': 0.95,
  'G3: every tick is decided': 0.95,
  'a run starts while its claim is live': 0.95,
  'runs do not overlap': 0.6,
  'every abandoned run is reported': 0.3,
  'a tick that is claimed is run by whoever claimed it': 0.2,
  'G3: what is missed is caught up by policy': 0.2,
  'what belongs to a removed job is removed': 0.7,
};

/** Fewer than these say nothing about a share. */
const ENOUGH = 500;

/**
 * Each rule with what it judged and what it left out, on a line; `isEnough`: whether all judged their share.
 *
 * @param {Record<string, { judged: number, leftOut: Record<string, number> }>} rules
 */
export function describeShares(rules) {
  const lines = [];
  let isEnough = true;
  for (const [rule, { judged, leftOut }] of Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const reasons = Object.entries(leftOut).map(([why, count]) => `${why} ${count}`);
    const all = judged + Object.values(leftOut).reduce((sum, count) => sum + count, 0);
    const share = judged / all;
    const least = LEAST_SHARES[rule] ?? 1;
    const isLow = all >= ENOUGH && share < least;
    isEnough &&= !isLow;
    const percent = `${(100 * share).toFixed(1)} %`;
    const note = isLow ? `, LESS THAN ${100 * least} %` : '';
    lines.push(`  ${rule}: judged ${judged} of ${all}, ${percent}${note} ${reasons.join(', ')}`.trimEnd());
  }
  return { lines, isEnough };
}

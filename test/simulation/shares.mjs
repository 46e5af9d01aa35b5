/**
 * How much of what it could judge each rule has to judge, as a share; rules that are not listed leave out nothing.
 *
 * @type {Readonly<Record<string, number>>}
 */
export const LEAST_SHARES = {
  'G1: a tick starts once': 0.95,
  'G3: every tick is decided': 0.95,
  'a run starts while its claim is live': 0.95,
  'runs do not overlap': 0.75,
  'every abandoned run is reported': 0.4,
  'a tick that is claimed is run by the pod that claimed it': 0.2,
  'G3: what is missed is caught up by policy': 0.2,
  'a job with catchUp `latest` runs no older tick': 0.75,
  'only what is overdue is reported': 0.4,
  'what belongs to a removed job is removed': 0.7,
  'an aborted run ends as aborted, once': 0.3,
  'an aborted run is not made again': 0.5,
  'a changed schedule begins at the present': 0.4,
  'a job stays where it stands while its schedule stays': 0.4,
  'an attempt is asked to stop at its timeout': 0.3,
  'a handler that ignores its signal is given up': 0.2,
  'a shutdown ends in time': 0.05,
  'a job follows the schedule that it was given': 0.95,
  'a live run is left alone': 0.98,
  'nothing is left behind': 0.95,
  'a job starts again soon after the clock of Redis was set': 0.3,
  'a request is run once': 0.9,
  'one leader': 0.99,
  'a job runs once at the start of a version': 0.85,
  'a leader requests the runs at the start of its version': 0.6,
  'only two followers probe after a tick': 0.3,
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

/**
 * Of a hundred scenarios, how many have a fault of a kind, at least: ordinary scenarios, of any seeds.
 *
 * @type {Readonly<Record<string, number>>}
 */
export const LEAST_WORLDS = {
  pause: 30,
  crash: 26,
  stop: 26,
  block: 25,
  delay: 20,
  cut: 20,
  'redis-pause': 20,
  'wall-jump': 14,
  suspend: 14,
  'redis-restart': 14,
  repeat: 14,
  'fail-over': 12,
  'run-now': 7,
  'redis-full': 7,
  'job-pause': 7,
  drift: 7,
  'delete-lease': 7,
  'script-flush': 7,
  'half-open': 7,
  resign: 7,
  evict: 7,
  abort: 9,
  reschedule: 8,
  'job-remove': 8,
  'other-schedules': 7,
  'job-stop': 6.5,
  'block-one': 6.5,
  flap: 6.5,
  'replica-cut': 6.5,
  busy: 6.5,
  'pause-all': 6.5,
  'drop-presence': 5,
  tamper: 1.2,
  'redis-clock-step': 4.5,
  starts: 4.5,
};

/** Fewer scenarios than these say nothing about the share of a fault. */
const ENOUGH_WORLDS = 5000;

/**
 * The share of scenarios that have a fault of each kind; `isEnough`: whether none is rarer than stated.
 *
 * @param {Record<string, number>} worlds by kind
 * @param {number} scenarios
 */
export function describeWorlds(worlds, scenarios) {
  const kinds = [...new Set([...Object.keys(LEAST_WORLDS), ...Object.keys(worlds)])];
  const shares = kinds.map(kind => ({ kind, percent: (100 * (worlds[kind] ?? 0)) / scenarios }));
  /** @param {{ kind: string, percent: number }} share */
  const isLow = ({ kind, percent }) => scenarios >= ENOUGH_WORLDS && percent < (LEAST_WORLDS[kind] ?? 0);
  const parts = shares
    .sort((a, b) => b.percent - a.percent)
    .map(share => {
      const note = isLow(share) ? `, LESS THAN ${LEAST_WORLDS[share.kind]} %` : '';
      return `${share.kind} ${share.percent.toFixed(1)} %${note}`;
    });
  return {
    line: `scenarios with a fault: ${parts.join(', ')}`,
    isEnough: !shares.some(isLow),
  };
}

import { percentile } from '../stats.mjs';

const SECOND = 1000;

/**
 * Sums up the ledger for the ticks that fell due in `(from, until]`, whenever they were run.
 *
 * @param {readonly { tick: number, at: number }[]} runs
 * @param {number} from Unix ms
 * @param {number} until Unix ms
 */
export function judge(runs, from, until) {
  const verdict = { due: 0, once: 0, late: 0, doubled: 0, missed: 0 };
  for (let tick = (Math.floor(from / SECOND) + 1) * SECOND; tick <= until; tick += SECOND) {
    const starts = runs.filter(run => run.tick === tick);
    verdict.due += 1;
    if (starts.length === 0) verdict.missed += 1;
    else if (starts.length > 1) verdict.doubled += 1;
    else verdict.once += 1;
    if (starts.length === 1 && starts[0].at - tick > SECOND) verdict.late += 1;
  }
  const due = runs.filter(({ tick }) => tick > from && tick <= until);
  const lags = due.map(({ tick, at }) => at - tick);
  return {
    ...verdict,
    silenceMs: silence(runs, from, until),
    lagMs: percentile(lags, 0.5),
    lagMaxMs: percentile(lags, 1),
  };
}

/** The longest time in which nothing was started. */
function silence(runs, from, until) {
  const starts = runs.map(({ at }) => at).filter(at => at > from && at <= until);
  const instants = [from, ...starts.toSorted((a, b) => a - b), until];
  return Math.max(...instants.slice(1).map((at, index) => at - instants[index]));
}

import { addedAwaits } from './added-awaits.mjs';
import { patched } from './mutation-gate.mjs';
import { runSeeds } from './pool.mjs';

/**
 * Runs the simulator on the library with an await more, one point after the other: no rule may be broken.
 *
 * @param {string} wanted the name of a point, or `all`
 * @param {{ folder: string, from: number, seeds: number, workers: number, wishes: object }} order
 * @returns {Promise<boolean>} whether all rules hold at all points
 */
export async function runAwaits(wanted, order) {
  const chosen = wanted === 'all' ? addedAwaits : addedAwaits.filter(({ name }) => name === wanted);
  if (chosen.length === 0)
    throw new Error(
      `Unknown await '${wanted}'. Known are: ${addedAwaits.map(({ name }) => name).join(', ')}`,
    );
  let areFine = true;
  for (const point of chosen) {
    const broken = await failuresAt(point, order);
    areFine &&= broken.length === 0;
    console.log(`${broken.length === 0 ? 'fine  ' : 'BROKEN'} an await ${point.name.replaceAll('-', ' ')}`);
    for (const { seed, violations } of broken)
      console.log(`  seed ${seed}: ${violations[0]?.rule}: ${violations[0]?.what}`);
  }
  console.log(`${chosen.length} awaits, ${order.seeds} seeds each`);
  return areFine;
}

/**
 * @param {import('./mutants/index.mjs').Mutant} point
 * @param {{ folder: string, from: number, seeds: number, workers: number, wishes: object }} order
 */
async function failuresAt(point, { folder, ...order }) {
  /** @type {import('./pool.mjs').Verdict[]} */
  const failures = [];
  await runSeeds({ ...order, folder: patched(point, folder) }, verdict => {
    if (verdict.violations.length > 0) failures.push(verdict);
    return failures.length < 3;
  });
  return failures;
}

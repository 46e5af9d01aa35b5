import { compileVariant } from './build.mjs';
import { firstSeeds } from './first-seeds.mjs';
import { mutated } from './mutated.mjs';
import { mutants } from './mutants/index.mjs';
import { runSeeds, startWorker } from './pool.mjs';

/** @typedef {import('./pool.mjs').SeedWorker} SeedWorker */

const SURVIVORS = 'caught by no rule';
/** Fewer mutants than these are no proof. */
const LEAST_MUTANTS = 45;
/** A mutant that so many seeds do not catch is not caught. */
const MOST_SEEDS = 4000;
/** A library that fails by itself more often than that has to be mended first. */
const MOST_UNSOUND = 5;

/**
 * Breaks the library on purpose, one way at a time: the simulator must find every one.
 *
 * @param {string} wanted the name of a mutant, or `all`
 * @param {{ folder: string, from: number, workers: number, wishes: object }} order
 * @returns {Promise<boolean>} whether all were caught
 */
export async function runMutants(wanted, { folder, from, workers, wishes }) {
  const chosen = mutants.filter(({ name }) => wanted === 'all' || name === wanted);
  if (chosen.length === 0) {
    console.log(`There is no mutant '${wanted}'. There are: ${mutants.map(({ name }) => name).join(', ')}`);
    return false;
  }
  // Those that are long looked for come first, so that none of them is left for the end alone.
  const left = chosen.toSorted((one, other) => Number(other.isRare ?? false) - Number(one.isRare ?? false));
  /** @type {Record<string, string[]>} */
  const caughtBy = {};
  const hunter = async () => {
    const sound = await startWorker(folder);
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const rule = await put(mutant, { folder, from, workers: 1, wishes, sound });
      (caughtBy[rule ?? SURVIVORS] ??= []).push(mutant.name);
    }
    sound.end();
  };
  await Promise.all(Array.from({ length: workers }, hunter));
  for (const [rule, names] of Object.entries(caughtBy)) console.log(`${rule}: ${names.join(', ')}`);
  return caughtBy[SURVIVORS] === undefined && areEnough(chosen, wanted);
}

/**
 * @param {readonly object[]} chosen
 * @param {string} wanted
 */
function areEnough({ length }, wanted) {
  console.log(`${length} mutants`);
  if (wanted !== 'all' || length >= LEAST_MUTANTS) return true;
  console.log(`There are fewer than ${LEAST_MUTANTS} mutants`);
  return false;
}

/**
 * Puts one mutant to the simulator and says what came of it.
 *
 * @param {import('./mutants/index.mjs').Mutant} mutant
 * @param {{ folder: string, from: number, workers: number, wishes: object, sound: SeedWorker }} order
 * @returns {Promise<string | undefined>} the rule that caught it
 */
async function put(mutant, { folder, wishes, from, workers, sound }) {
  const text = mutated(mutant);
  if (text === undefined) {
    console.log(`OUTDATED  ${mutant.name}: its text occurs not once in ${mutant.file}`);
    return undefined;
  }
  const variant = compileVariant(folder, mutant.name, mutant.file, text);
  const first = Math.max(from, firstSeeds[mutant.name] ?? 1);
  const order = { folder: variant, from: first, seeds: MOST_SEEDS, workers };
  const { tried, caught, seconds } = await hunt({ ...order, wishes: { ...wishes, ...mutant.wishes } }, sound);
  const found = caught === undefined ? 'SURVIVED' : 'caught   ';
  const how = caught === undefined ? '' : `, seed ${caught.seed}: ${caught.violations[0]?.rule}`;
  console.log(`${found} ${mutant.name}: ${tried} seeds, ${seconds.toFixed(1)} s${how}`);
  return caught?.violations[0]?.rule;
}

/**
 * @param {Parameters<typeof runSeeds>[0]} order
 * @param {SeedWorker} sound has the library as it is
 */
async function hunt(order, sound) {
  const startedMono = performance.now();
  let { from, seeds } = order;
  for (let unsound = 0; unsound < MOST_UNSOUND; unsound += 1) {
    const caught = await firstFailure({ ...order, from, seeds });
    const tried = (caught?.seed ?? from + seeds - 1) - order.from + 1;
    const seconds = (performance.now() - startedMono) / 1000;
    if (caught === undefined) return { tried, caught, seconds };
    const again = { kind: 'seeds', from: caught.seed, to: caught.seed + 1, wishes: order.wishes };
    const [alsoSound] = (await sound.ask(again)).verdicts;
    if (alsoSound.violations.length === 0) return { tried, caught, seconds };
    console.log(`  The library itself fails in seed ${caught.seed}: ${JSON.stringify(order.wishes)}`);
    console.log(`    ${alsoSound.violations[0].rule}: ${alsoSound.violations[0].what}`);
    seeds -= caught.seed + 1 - from;
    from = caught.seed + 1;
  }
  return { tried: from - order.from, caught: undefined, seconds: (performance.now() - startedMono) / 1000 };
}

/**
 * The failing seed that comes first.
 *
 * @param {Parameters<typeof runSeeds>[0]} order
 * @returns {Promise<import('./pool.mjs').Verdict | undefined>}
 */
async function firstFailure(order) {
  /** @type {any} */
  let first;
  await runSeeds({ ...order, stopsAtFirst: true }, verdict => {
    if (verdict.violations.length > 0 && (first === undefined || verdict.seed < first.seed)) first = verdict;
    return first === undefined;
  });
  return first;
}

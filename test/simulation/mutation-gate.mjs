import { compileVariant } from './build.mjs';
import { firstSeeds } from './first-seeds.mjs';
import { mutated } from './mutated.mjs';
import { mutants } from './mutants/index.mjs';
import { runSeeds, startWorker } from './pool.mjs';
import { replayOf } from './replay.mjs';

/** @typedef {import('./pool.mjs').SeedWorker} SeedWorker */
/** @typedef {import('./pool.mjs').Verdict} Verdict */
/** @typedef {import('./mutants/index.mjs').Mutant} Mutant */
/**
 * @typedef {object} Order
 * @property {string} folder of the compilation of the library as it is
 * @property {number} from
 * @property {number} workers
 * @property {object} wishes
 * @property {{ mutant?: string | undefined }} given the options of the call, for the commands that replay a failure
 */

const SURVIVORS = 'caught by no rule';
/** Fewer mutants than these are no proof. */
const LEAST_MUTANTS = 45;
/** If this number of seeds does not catch a mutant, it counts as not caught. */
const MOST_SEEDS = 4000;
/** If the library itself fails more often than that, repair it first. */
const MOST_UNSOUND = 5;

/**
 * Breaks the library on purpose, one way at a time: the simulator must find every one.
 *
 * @param {string} wanted the name of a mutant, or `all`
 * @param {Order} order
 * @returns {Promise<boolean>} whether all were caught
 */
export async function runMutants(wanted, { workers, ...order }) {
  const chosen = wanted === 'all' ? mutants : [mutantNamed(wanted)];
  // Rare ones start first, so that none of them runs alone at the end.
  const left = chosen.toSorted((one, other) => Number(other.isRare ?? false) - Number(one.isRare ?? false));
  /** @type {Record<string, string[]>} */
  const caughtBy = {};
  const hunter = async () => {
    const sound = await startWorker(order.folder);
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const rule = await put(mutant, { ...order, workers: 1 }, sound);
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
 * The mutant of that name; throws an error that lists all names when there is none.
 *
 * @param {string} wanted
 */
export function mutantNamed(wanted) {
  const found = mutants.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw new Error(`There is no mutant '${wanted}'. There are: ${mutants.map(({ name }) => name).join(', ')}`);
}

/**
 * Compiles the library with the bug of a mutant.
 *
 * @param {Mutant} mutant
 * @param {string} folder of the compilation of the library as it is
 * @returns {string} the folder of the compilation
 */
export function patched(mutant, folder) {
  const text = mutated(mutant);
  if (text === undefined) throw new Error(`The text of ${mutant.name} occurs not once in ${mutant.file}`);
  return compileVariant(folder, mutant.name, mutant.file, text);
}

/**
 * Puts one mutant to the simulator and says what came of it.
 *
 * @param {Mutant} mutant
 * @param {Order} order
 * @param {SeedWorker} sound
 * @returns {Promise<string | undefined>} the rule that caught it
 */
async function put(mutant, { folder, wishes, from, workers, given }, sound) {
  if (mutated(mutant) === undefined) {
    console.log(`OUTDATED  ${mutant.name}: its text occurs not once in ${mutant.file}`);
    return undefined;
  }
  const first = Math.max(from, firstSeeds[mutant.name] ?? 1);
  const order = { folder: patched(mutant, folder), from: first, seeds: MOST_SEEDS, workers };
  const wished = { ...order, wishes: { ...wishes, ...mutant.wishes } };
  const { tried, caught, seconds, unsound } = await hunt(wished, sound);
  const rule = ruleThatCaught(mutant, caught);
  const found = rule === undefined ? 'SURVIVED' : 'caught   ';
  const how = caught === undefined ? '' : `, seed ${caught.seed}: ${rule ?? missed(mutant, caught)}`;
  console.log(`${found} ${mutant.name}: ${tried} seeds, ${seconds.toFixed(1)} s${how}`);
  for (const { seed, violations } of unsound) {
    console.log(
      `  The library itself breaks in seed ${seed}: ${violations[0]?.rule}: ${violations[0]?.what}`,
    );
    const wisher = { ...given, mutant: undefined, 'wishes-of': mutant.name };
    console.log(`  Replay: ${replayOf(wisher, { seed: String(seed) })}`);
  }
  const what = caught === undefined ? { from: String(first) } : { seed: String(caught.seed) };
  // Of all mutants, only those are of interest that are not caught.
  if (rule === undefined || given.mutant === mutant.name)
    console.log(`  Replay: ${replayOf({ ...given, mutant: mutant.name }, what)}`);
  return rule;
}

/**
 * The rule that the mutant names, if the seed breaks it; of a mutant that names none, the first broken rule.
 *
 * @param {Mutant} mutant
 * @param {Verdict | undefined} caught
 */
function ruleThatCaught({ rule }, caught) {
  const rules = caught?.violations.map(one => one.rule) ?? [];
  return rule === undefined ? rules[0] : rules.find(one => one === rule);
}

/**
 * @param {Mutant} mutant
 * @param {Verdict} caught
 */
function missed({ rule }, { violations }) {
  return `it breaks '${violations[0]?.rule}', not '${rule}': wish for worlds in which '${rule}' judges`;
}

/**
 * @param {Parameters<typeof runSeeds>[0]} order
 * @param {SeedWorker} sound has the library as it is
 */
async function hunt(order, sound) {
  const startedMono = performance.now();
  /** @type {Verdict[]} */
  const unsound = [];
  let { from, seeds } = order;
  /** @param {number} end the seed after the last one that was tried @param {Verdict} [caught] */
  const result = (end, caught) => ({
    caught,
    unsound,
    tried: end - order.from,
    seconds: (performance.now() - startedMono) / 1000,
  });
  while (unsound.length < MOST_UNSOUND) {
    const caught = await firstFailure({ ...order, from, seeds });
    if (caught === undefined) return result(from + seeds);
    const again = { kind: 'seeds', from: caught.seed, to: caught.seed + 1, wishes: order.wishes };
    const [alsoSound] = (await sound.ask(again)).verdicts;
    if (alsoSound.violations.length === 0) return result(caught.seed + 1, caught);
    unsound.push(alsoSound);
    seeds -= caught.seed + 1 - from;
    from = caught.seed + 1;
  }
  return result(from);
}

/**
 * The failing seed that comes first.
 *
 * @param {Parameters<typeof runSeeds>[0]} order
 * @returns {Promise<Verdict | undefined>}
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

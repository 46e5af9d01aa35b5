/**
 * The simulator: `node test/simulation/simulate.mjs [options]`.
 *
 *   --seeds N     how many scenarios (1000)          --from K     the first seed (1)
 *   --seconds S   how long faults go on (40)         --workers W  processes (one per core)
 *   --seed X      one scenario, here and now         --trace      … with all that happens
 *   --scenario S  one scenario: JSON, the path of a file with JSON, or - for stdin
 *   --wishes J    what scenarios should be like, as JSON: ScenarioWishes of scenario.ts
 *   --wishes-of M … as the mutant M wishes, without its bug
 *   --mutant NAME a patched library must be caught; `all` takes every mutant of mutants/index.mjs. With --seeds, --seed or
 *                 --scenario: these run on the patched library, and fail as those of the sound library do
 *   --await NAME  the library with an await more must break no rule; `all` takes every point of added-awaits.mjs
 *
 * Ends with code 1 when a rule was broken, when a rule judged less than its share, or when a mutant was not caught.
 * After a failure it prints commands that replay the failure alone.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { runAwaits } from './await-gate.mjs';
import { compile, root } from './build.mjs';
import { mutantNamed, patched, runMutants } from './mutation-gate.mjs';
import { runSeeds, shrinkScenario } from './pool.mjs';
import { replayOf } from './replay.mjs';
import { describeFailure, describeCounters, sum } from './report.mjs';
import { describeShares, describeWorlds } from './shares.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '40' },
    workers: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    scenario: { type: 'string' },
    mutant: { type: 'string' },
    await: { type: 'string' },
    wishes: { type: 'string', default: '{}' },
    'wishes-of': { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  const [head = ''] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split(' */\n');
  console.log(head.replace(/^\/\*\*\n/, '').replaceAll(/^ \* ?/gm, ''));
  process.exit(0);
}
if (values.mutant !== undefined && values.mutant !== 'all') mutantOrEnd(values.mutant);
const isHunt = values.mutant !== undefined && !values.seeds && !values.seed && !values.scenario;
const mutant = isHunt || values.mutant === undefined ? undefined : mutantOrEnd(values.mutant);
const wisher = values['wishes-of'] === undefined ? mutant : mutantOrEnd(values['wishes-of']);
const ownWishes = { ...JSON.parse(values.wishes), ...wisher?.wishes };
const wishes = { faultsForMs: Number(values.seconds) * 1000, ...ownWishes };
const order = {
  from: Number(values.from),
  seeds: Number(values.seeds ?? 1000),
  workers: Number(values.workers),
  wishes,
};

const sound = compile();
const folder = mutant === undefined ? sound : patched(mutant, sound);
const isFine = isHunt
  ? await runMutants(values.mutant ?? 'all', { ...order, folder, given: values })
  : values.await !== undefined
    ? await runAwaits(values.await, { ...order, folder })
    : values.seed !== undefined || values.scenario !== undefined
      ? await runOne()
      : await runMany();
// A handler of the last scenario may still hold a timer.
process.exit(isFine ? 0 : 1);

/** @param {string} name */
function mutantOrEnd(name) {
  try {
    return mutantNamed(name);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(2);
  }
}

async function runOne() {
  const path = join(folder, 'test/simulation/run-seed.js');
  const { runSeed, runScenario } = await import(pathToFileURL(path).href);
  const verdict =
    values.scenario === undefined
      ? await runSeed(Number(values.seed), wishes, values.trace)
      : await runScenario(readScenario(values.scenario), values.trace);
  if (values.trace) console.log(verdict.trace.join('\n'));
  console.log(describeCounters(verdict.counters));
  await report(verdict);
  return verdict.violations.length === 0;
}

/** @param {string} given */
function readScenario(given) {
  return JSON.parse(given.startsWith('{') ? given : readFileSync(given === '-' ? 0 : given, 'utf8'));
}

async function runMany() {
  const startedMono = performance.now();
  /** @type {Record<string, any>} */
  const total = {};
  /** @type {import('./pool.mjs').Verdict[]} */
  const failures = [];
  let done = 0;
  const played = runSeeds({ ...order, folder }, verdict => {
    done += 1;
    sum(total, verdict.counters);
    if (verdict.violations.length > 0) failures.push(verdict);
    return failures.length < 20;
  });
  console.log(`${order.seeds} seeds from ${order.from} on ${order.workers} workers at ${await commit()}`);
  await played;
  const seconds = (performance.now() - startedMono) / 1000;
  console.log(`${done} seeds in ${seconds.toFixed(1)} s: ${(done / seconds).toFixed(1)} seeds/s`);
  console.log(describeCounters(total));
  const { lines, isEnough } = describeShares(total.rules ?? {});
  console.log(lines.join('\n'));
  const worlds = describeWorlds(total.worlds ?? {}, done);
  console.log(worlds.line);
  const [first] = failures;
  // Scenarios that were wished for may leave a rule little to judge.
  if (first === undefined) return (isEnough && worlds.isEnough) || Object.keys(ownWishes).length > 0;
  console.log(`\nFAILED: seeds ${failures.map(({ seed }) => seed).join(', ')}`);
  await report(first);
  return false;
}

/**
 * Says what is broken, if anything is, and how to replay it. A scenario that was given is not shortened.
 *
 * @param {import('./pool.mjs').Verdict} verdict
 */
async function report({ violations, ...verdict }) {
  const rule = violations[0]?.rule;
  const isShortened = rule !== undefined && values.scenario === undefined;
  const scenario = isShortened ? await shrinkScenario(folder, verdict.scenario, rule) : verdict.scenario;
  console.log(describeFailure({ ...verdict, violations, scenario }));
  if (!isShortened) return;
  console.log(
    `Replay (--trace shows all that happens):\n  ${replayOf(values, { seed: String(verdict.seed) })}`,
  );
  console.log(
    `Replay the shortened scenario:\n  ${replayOf(values, { scenario: JSON.stringify(scenario) })}`,
  );
}

async function commit() {
  /** @param {string[]} args */
  const git = async (...args) => (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
  try {
    const [head, changes] = await Promise.all([
      git('rev-parse', '--short', 'HEAD'),
      git('status', '--porcelain', 'lib'),
    ]);
    return changes === '' ? head : `${head}, with changes in lib`;
  } catch {
    return 'an unknown commit';
  }
}

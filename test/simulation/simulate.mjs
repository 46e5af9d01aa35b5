/**
 * The simulator: `node test/simulation/simulate.mjs [options]`.
 *
 *   --seeds N     how many scenarios (1000)          --from K     the first seed (1)
 *   --seconds S   how long faults go on (40)         --workers W  processes (one per core)
 *   --seed X      one scenario, here and now         --trace      … with all that happens
 *   --scenario F  one scenario from a JSON file
 *   --wishes J    what scenarios should be like, as JSON: ScenarioWishes of scenario.ts
 *   --mutant NAME a patched library must be caught; `all` takes every mutant of mutants/index.mjs
 *
 * Ends with code 1 when a rule was broken, when a rule judged less than its share, or when a mutant was not caught.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { compile, root } from './build.mjs';
import { runMutants } from './mutation-gate.mjs';
import { runSeeds, shrinkScenario } from './pool.mjs';
import { describeFailure, describeTally, sum } from './report.mjs';
import { describeShares, describeWorlds } from './shares.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '40' },
    workers: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    scenario: { type: 'string' },
    mutant: { type: 'string' },
    wishes: { type: 'string', default: '{}' },
    trace: { type: 'boolean', default: false },
  },
});
const wishes = { faultsForMs: Number(values.seconds) * 1000, ...JSON.parse(values.wishes) };
const order = {
  from: Number(values.from),
  seeds: Number(values.seeds),
  workers: Number(values.workers),
  wishes,
};

const folder = compile('sound');
const isFine =
  values.seed !== undefined || values.scenario !== undefined
    ? await runOne()
    : values.mutant === undefined
      ? await runMany()
      : await runMutants(values.mutant, { ...order, folder });
// A handler of the last scenario may still hold a timer.
process.exit(isFine ? 0 : 1);

async function runOne() {
  const path = join(folder, 'test/simulation/run-seed.js');
  const { runSeed, runScenario } = await import(pathToFileURL(path).href);
  const verdict =
    values.scenario === undefined
      ? await runSeed(Number(values.seed), wishes, values.trace)
      : await runScenario(JSON.parse(readFileSync(values.scenario, 'utf8')), values.trace);
  if (values.trace) console.log(verdict.trace.join('\n'));
  console.log(describeFailure(verdict));
  console.log(describeTally(verdict.tally));
  return verdict.violations.length === 0;
}

async function runMany() {
  const startedMono = performance.now();
  /** @type {Record<string, any>} */
  const total = {};
  /** @type {import('./pool.mjs').Verdict[]} */
  const failures = [];
  let done = 0;
  console.log(`${order.seeds} seeds from ${order.from} on ${order.workers} workers at ${commit()}`);
  await runSeeds({ ...order, folder }, verdict => {
    done += 1;
    sum(total, verdict.tally);
    if (verdict.violations.length > 0) failures.push(verdict);
    return failures.length < 20;
  });
  const seconds = (performance.now() - startedMono) / 1000;
  console.log(`${done} seeds in ${seconds.toFixed(1)} s: ${(done / seconds).toFixed(1)} seeds/s`);
  console.log(describeTally(total));
  const { lines, isEnough } = describeShares(total.rules ?? {});
  console.log(lines.join('\n'));
  const worlds = describeWorlds(total.worlds ?? {}, done);
  console.log(worlds.line);
  const [first] = failures;
  const rule = first?.violations[0]?.rule;
  // Scenarios that were wished for may leave a rule little to judge.
  if (first === undefined || rule === undefined)
    return (isEnough && worlds.isEnough) || values.wishes !== '{}';
  console.log(`\nFAILED: seeds ${failures.map(({ seed }) => seed).join(', ')}`);
  console.log(describeFailure({ ...first, scenario: await shrinkScenario(folder, first.scenario, rule) }));
  console.log(
    `Replay: node test/simulation/simulate.mjs --seconds ${values.seconds} --seed ${first.seed} --trace`,
  );
  return false;
}

function commit() {
  /** @param {string[]} args */
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  try {
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', 'lib') === '' ? '' : ', with changes in lib')
    );
  } catch {
    return 'an unknown commit';
  }
}

/**
 * `npm run bench`: measures, prints a table and writes bench/results.json. Machines differ and are noisy: compare
 * within one run. `--smoke` only proves that the benches work; `--only tick,idle` runs some. `--beside <commit>` builds
 * that commit in a temporary folder and measures both by turns (`--pairs`, ten by default).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { ensureModules } from '../test/support/setup/ensure-modules.mjs';
import { ensureNode } from '../test/support/setup/ensure-node.mjs';
import { projectRoot } from '../test/support/setup/project-root.mjs';

const { values: flags } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    only: { type: 'string' },
    beside: { type: 'string' },
    pairs: { type: 'string', default: '10' },
  },
});
ensureNode();
ensureModules();
const build = spawnSync(process.execPath, ['scripts/build.mjs'], {
  cwd: projectRoot,
  encoding: 'utf8',
});
if (build.status !== 0) throw new Error(build.stdout + build.stderr);

const { dates } = await import('./dates.mjs');
const { tick } = await import('./tick.mjs');
const { lag } = await import('./lag.mjs');
const { burst } = await import('./burst.mjs');
const { claims, memory, strict } = await import('./claims.mjs');
const { boot, handover, idle } = await import('./fail-over.mjs');
const { crash } = await import('./takeover.mjs');
const { topologies } = await import('./topologies.mjs');
const { scripts } = await import('./scripts.mjs');
const { weight } = await import('./weight.mjs');
const { ticking } = await import('./ticking.mjs');
const { install } = await import('./install.mjs');
const { inTurn, startRedis } = await import('./processes.mjs');

const rows = flags.beside === undefined ? await alone() : await besideCommit(flags.beside);
print(rows);
process.exit(0);

async function besideCommit(commit) {
  const { beside } = await import('./beside.mjs');
  return beside({ commit, pairs: Number(flags.pairs), only: flags.only });
}

async function alone() {
  const light = { weight, ticking, install };
  const benches = {
    dates,
    tick,
    lag,
    burst,
    claims,
    strict,
    memory,
    handover,
    idle,
    boot,
    crash,
    topologies,
    scripts,
  };
  const chosen = Object.entries({ ...light, ...benches }).filter(
    ([name]) => flags.only === undefined || flags.only.split(',').includes(name),
  );
  const redis = await startRedis();
  // In a smoke run the benches that mostly wait run beside the others.
  const waits = ([name]) => flags.smoke && ['handover', 'idle', 'crash', 'topologies'].includes(name);
  const groups = [chosen.filter(bench => !waits(bench)), chosen.filter(waits)];
  const found = (
    await inTurn(
      groups.map(group => () => runAll(group, redis.url)),
      flags.smoke,
    )
  ).flat();
  redis.stop();
  return found;
}

function print(measured) {
  const width = Math.max(...measured.map(({ what }) => what.length));
  console.log(flags.smoke ? '\nsmoke: these figures are no measurements\n' : '');
  for (const { what, result, goal } of measured)
    console.log(`${what.padEnd(width)}  ${result}${goal ? `  [goal: ${goal}]` : ''}`);
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  writeFileSync(
    new URL('results.json', import.meta.url),
    JSON.stringify(
      { date: new Date().toISOString(), commit: headCommit(), smoke: flags.smoke, machine, rows: measured },
      undefined,
      2,
    ),
  );
}

async function runAll(group, redisUrl) {
  const found = [];
  for (const [name, bench] of group) {
    const started = performance.now();
    found.push(...(await bench({ redisUrl, smoke: flags.smoke })));
    console.log(`${name}: ${Math.round((performance.now() - started) / 1000)} s`);
  }
  return found;
}

function headCommit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: projectRoot,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}

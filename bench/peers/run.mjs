/**
 * `npm run bench:peers`: this package and other schedulers under the same faults at the same time, judged by one
 * ledger. Installs the packages of this folder. `--only SIGKILL,partition` runs some scenarios, `--rounds 1` fewer
 * rounds than 3; `--work 100` is how many milliseconds the job takes, once a second.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { ensureModules } from '../../test/support/setup/ensure-modules.mjs';
import { projectRoot } from '../../test/support/setup/project-root.mjs';
import { ensurePeers } from './ensure-peers.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    work: { type: 'string', default: '100' },
  },
});
ensureModules();
ensurePeers();
run('npm', ['run', 'build'], projectRoot);

const { Redis } = await import('ioredis');
const { startRedis } = await import('../processes.mjs');
const { Cluster } = await import('./cluster.mjs');
const { CONTENDERS } = await import('./contenders.mjs');
const { judge } = await import('./judge.mjs');
const { SCENARIOS } = await import('./scenarios.mjs');

const ledgerRedis = await startRedis();
const ledger = new Redis(ledgerRedis.url);
const common = { LEDGER_URL: ledgerRedis.url, WORK_MS: flags.work };
const clusters = await Promise.all(
  Object.keys(CONTENDERS).map(contender => Cluster.start(contender, ledger, common)),
);
// V8 collects the garbage of the start in the first half minute.
await pause(40_000);
const rows = [];
for (const [name, act] of Object.entries(SCENARIOS)) {
  if (flags.only !== undefined && !flags.only.split(',').includes(name)) continue;
  rows.push(...(await scenario(name, act)));
}
for (const cluster of clusters) cluster.stop();
ledgerRedis.stop();
const versions = Object.fromEntries(['bullmq', 'node-cron', 'redlock'].map(name => [name, versionOf(name)]));
const report = {
  date: new Date().toISOString(),
  node: process.version,
  workMs: Number(flags.work),
  versions,
  rows,
};
writeFileSync(new URL('results.json', import.meta.url), JSON.stringify(report, undefined, 2));
console.log(Object.entries(versions).flat().join(' '));
process.exit(0);

/** The same for all contenders at once; each goes through its rounds at its own pace. */
async function scenario(name, act) {
  const verdicts = await Promise.all(
    clusters.map(async cluster => {
      const from = Date.now();
      const before = name === 'steady' ? await cluster.usage() : undefined;
      for (let left = Number(flags.rounds); left > 0; left -= 1) {
        // A fault falls anywhere between two ticks.
        await pause(2000 + Math.random() * 1000);
        await act(cluster);
      }
      const until = Date.now() - 1500;
      const cost = before && costOf(before, await cluster.usage(), Date.now() - from);
      return { scenario: name, contender: cluster.contender, from, until, ...cost };
    }),
  );
  const found = await Promise.all(
    verdicts.map(async ({ from, until, ...row }, index) => ({
      ...row,
      ...judge(await clusters[index].runs(), from, until),
    })),
  );
  console.log(`\n${name}`);
  console.table(Object.fromEntries(found.map(({ scenario: _, contender, ...row }) => [contender, row])));
  return found;
}

/** Per pod and second, while nothing fails. The first pods of a run have just started; compare within a table. */
function costOf(before, after, ms) {
  const perPod = field => Number(((after[field] - before[field]) / (ms / 1000) / after.pods).toFixed(2));
  return { cpuMs: perPod('podsMs'), redisCpuMs: perPod('redisMs'), rssMiB: Math.round(after.rss / 2 ** 20) };
}

function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

function versionOf(name) {
  return JSON.parse(readFileSync(`${here}node_modules/${name}/package.json`, 'utf8')).version;
}

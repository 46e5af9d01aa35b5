/**
 * `npm run chaos`: pods as processes, faults at random, and one judge at the end. Exits with 1 when the judge
 * convicts; the evidence is then left under `.build/chaos-evidence`.
 *
 *   --minutes 60       how long faults go on, in all; 2 by default
 *   --seed 42          repeats the choice of faults; printed at the start of every round
 *   --topology mix     single, persistent, sentinel, cluster, or each of them in turn (by default)
 *   --pods 3           how many pods
 *   --ttl 2000         of the lease, in ms
 *   --interval 500     of the lease, in ms
 *   --keep             leaves the evidence behind also when the judge acquits
 *   --consistency      strict or normal; by default strict where Redis has replicas
 *
 * With `--steady` all pods stay healthy: their connections for events and presence are killed, and Redis restarts with its
 * memory. No pod may take over from the leader unless the connection of its lease was closed. Takes `--minutes`, `--seed`,
 * `--ioredis 5` and `--cluster`.
 */
import { compile, ensureBuilt } from '../support/setup/ensure-built.mjs';
import { ensureModules } from '../support/setup/ensure-modules.mjs';
import { ensureNode } from '../support/setup/ensure-node.mjs';
import { ensureRedis } from '../support/setup/ensure-redis.mjs';
import { projectRoot } from '../support/setup/project-root.mjs';

process.chdir(projectRoot);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // Pods and servers end with this process.
  process.once(signal, () => process.exit(130));
}
try {
  ensureNode();
  ensureModules();
  process.env.TEST_REDIS = JSON.stringify(ensureRedis({ install: true, allowUrl: false }));
  ensureBuilt();
  compile('the faults', 'node_modules/typescript/bin/tsc', '-p', 'test/chaos');
  const args = process.argv.slice(2);
  const program = args.includes('--steady') ? 'steady.js' : 'random/main.js';
  const { main } = await import(new URL(`../../.build/chaos/chaos/${program}`, import.meta.url).href);
  process.exit((await main(args)) ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error, cause(error));
  process.exit(1);
}

/** @param {unknown} error */
function cause(error) {
  return error instanceof Error && error.cause !== undefined ? error.cause : '';
}

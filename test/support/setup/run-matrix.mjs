/**
 * `npm run test:matrix`: every fault of a connection with every version of ioredis that is tested, on one server,
 * behind a Sentinel and on a Cluster; prints a table. Then the bad values of `test/integration/injection` on a Cluster of
 * three masters: all of those of jobs, a third of those that all jobs share. Then all applications of `test/fixtures`, the
 * declarations with every TypeScript, and the servers of `test/servers`. Exits with 1 when a cell fails.
 */
import { spawnSync } from 'node:child_process';
import { ensureModules } from './ensure-modules.mjs';
import { ensureNode } from './ensure-node.mjs';
import { ensureRedis } from './ensure-redis.mjs';
import { projectRoot } from './project-root.mjs';

ensureNode();
ensureModules();
const redis = ensureRedis({ install: true, allowUrl: false });
const spec = 'test/integration/connection-faults.spec.ts';
const injection = ['job-values', 'shared-values'].map(name => `test/integration/injection/${name}.spec.ts`);
const { stdout, stderr } = runSpecs([spec], { CONNECTION_MATRIX: 'all' });
const cells = [...`${stdout}${stderr}`.matchAll(/^\s*cell\|(.*)\|(.*)\|(.*)\|(.*)$/gm)].map(
  ([, version = '', topology = '', fault = '', outcome = '']) => ({ version, topology, fault, outcome }),
);
const OUTCOMES = ['recovers', 'recovers during it', 'unharmed'];
const failed = cells.filter(({ outcome }) => !OUTCOMES.includes(outcome));
print();
const values = runSpecs(['--runInBand', ...injection], { INJECTION_TOPOLOGY: 'cluster' });
console.log(`bad values on a Cluster: ${values.status === 0 ? 'ok' : 'FAILED'}`);
if (values.status !== 0) {
  console.error(`${values.stdout}${values.stderr}`);
  process.exitCode = 1;
}

const others = [
  ['test/fixtures/run.mjs', 'all'],
  ['test/declarations/check-declarations.mjs'],
  ['test/servers/run.mjs'],
];
for (const command of others)
  if (spawnSync(process.execPath, command, { cwd: projectRoot, stdio: 'inherit' }).status !== 0)
    process.exitCode = 1;

/** @param {readonly string[]} args @param {Record<string, string>} variables */
function runSpecs(args, variables) {
  return spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      ...variables,
      TEST_REDIS: JSON.stringify(redis),
    },
  });
}

function print() {
  if (cells.length === 0) {
    console.error(`${stdout}${stderr}`);
    process.exitCode = 1;
    return;
  }
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const rows = [...new Set(cells.map(({ version, topology }) => `${version}|${topology}`))];
  const table = rows.map(row => {
    const [version, topology] = row.split('|');
    const mine = cells.filter(cell => cell.version === version && cell.topology === topology);
    const outcomes = faults.map(fault => {
      const cell = mine.find(one => one.fault === fault);
      return cell === undefined ? '' : failed.includes(cell) ? 'FAILED' : 'ok';
    });
    return `| ${[`ioredis ${version}`, topology, ...outcomes].join(' | ')} |`;
  });
  console.log(`| ${['library', 'topology', ...faults].join(' | ')} |`);
  console.log(`|${' - |'.repeat(faults.length + 2)}`);
  console.log(table.join('\n'));
  for (const { version, topology, fault, outcome } of failed)
    console.log(`ioredis ${version}, ${topology}, ${fault}: ${outcome}`);
  console.log(`${cells.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length > 0) process.exitCode = 1;
}

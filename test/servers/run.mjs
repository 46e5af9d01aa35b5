/**
 * `npm run test:servers [-- <name> ...]`: the specs that depend on the server most, on each server that Debian 12 and 13
 * package. Without apt, on the server of the PATH alone. Prints a table with the exact versions, and what was left out and
 * why; the exit code is 1 if a spec failed, or if no server was tried.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { ensureBuilt } from '../support/setup/ensure-built.mjs';
import { ensureModules } from '../support/setup/ensure-modules.mjs';
import { ensureNode } from '../support/setup/ensure-node.mjs';
import { ensureRedis } from '../support/setup/ensure-redis.mjs';
import { projectRoot } from '../support/setup/project-root.mjs';
import { missingTools, programOf } from './debian.mjs';
import { GROUPS, SERVERS } from './servers.mjs';

/**
 * @typedef {object} Tried
 * @property {string} version as the program states it
 * @property {readonly string[]} outcomes one for each group
 */

ensureNode();
ensureModules();
const wanted = chosen(process.argv.slice(2));
ensureBuilt();
/** @type {Tried[]} */
const tried = [];
/** @type {string[]} */
const leftOut = [];
const lack = missingTools();
if (lack === undefined) for (const server of wanted) tryServer(server);
else tryPath(lack);
report();

/** @param {readonly string[]} names */
function chosen(names) {
  const fits = (/** @type {string} */ name) => (/** @type {{ name: string }} */ server) =>
    server.name.toLowerCase().startsWith(name.toLowerCase());
  const unknown = names.filter(name => !SERVERS.some(fits(name)));
  if (unknown.length > 0) {
    console.error(
      `There is no server ${unknown.join(', ')}: ${SERVERS.map(({ name }) => `'${name}'`).join(', ')}`,
    );
    process.exit(2);
  }
  return SERVERS.filter(server => names.length === 0 || names.some(name => fits(name)(server)));
}

/** @param {import('./servers.mjs').Server} server */
function tryServer(server) {
  console.log(`${server.name}: ${server.program} of ${server.pocket}`);
  const found = find(server);
  if ('reason' in found) leftOut.push(`${server.name}: ${found.reason}`);
  else tried.push({ version: `${server.name.split(' ')[0]} ${found.version}`, outcomes: outcomesOn(found) });
}

/** @param {import('./servers.mjs').Server} server */
function find(server) {
  try {
    const path = programOf(server);
    return { path, version: versionOf(path) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {string} reason why there are no servers of Debian */
function tryPath(reason) {
  leftOut.push(...wanted.map(({ name }) => `${name} of Debian: ${reason}`));
  const source = ensureRedis({ install: false, allowUrl: false });
  if (source.kind === 'binary')
    tried.push({ version: `${source.path} ${source.version}`, outcomes: outcomesOn(source) });
}

/** @param {string} path */
function versionOf(path) {
  const { stdout, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const version = /v=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (version === undefined)
    throw new Error(`it does not run on this machine: ${`${stdout}${stderr}`.trim()}`);
  return version;
}

/** @param {{ path: string, version: string }} program */
function outcomesOn(program) {
  const first = resultsOf(
    program,
    GROUPS.flatMap(({ paths }) => paths),
  );
  const failed = first.filter(({ status }) => status !== 'passed').map(({ name }) => name);
  for (const name of failed) console.log(`once more, alone: ${relative(projectRoot, name)}`);
  // A busy machine fails specs that wait for a ttl. A fault of the server shows again.
  const second = failed.length > 0 ? resultsOf(program, ['--runInBand', '--runTestsByPath', ...failed]) : [];
  return GROUPS.map(group => outcome(group, first, second));
}

/** @param {{ path: string, version: string }} program @param {readonly string[]} args @returns {any[]} one for each spec */
function resultsOf({ path, version }, args) {
  const folder = mkdtempSync(join(tmpdir(), 'leader-schedule-servers-'));
  const output = join(folder, 'report.json');
  const jest = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${output}`];
  const TEST_REDIS = JSON.stringify({ kind: 'binary', path, version });
  const { stdout, stderr } = spawnSync(process.execPath, [...jest, ...args], {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, TEST_REDIS },
  });
  try {
    return JSON.parse(readFileSync(output, 'utf8')).testResults;
  } catch {
    console.error(`jest has not run:\n${stdout}${stderr}`);
    return [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {typeof GROUPS[number]} group
 * @param {readonly any[]} first the results of all specs
 * @param {readonly any[]} second those of the specs that have failed
 */
function outcome({ paths }, first, second) {
  const below = (/** @type {string} */ path) =>
    first.filter(({ name }) => relative(projectRoot, name).startsWith(path));
  const mine = paths.flatMap(below);
  const without = paths.filter(path => below(path).length === 0);
  if (without.length > 0) return `FAILED (no spec ran in ${without.join(', ')})`;
  const last = mine.map(result => second.find(({ name }) => name === result.name) ?? result);
  const failed = last.filter(({ status }) => status !== 'passed');
  for (const { name, message } of failed) console.error(`${relative(projectRoot, name)}\n${message}`);
  const tests = last.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const again = last.filter(result => !mine.includes(result)).length;
  if (failed.length > 0 || passed < tests.length) return `FAILED (${passed} of ${tests.length})`;
  return `ok (${passed})${again > 0 ? `, ${again} of ${mine.length} specs at the second try` : ''}`;
}

function report() {
  console.log(`\n| ${['server', ...GROUPS.map(({ name }) => name)].join(' | ')} |`);
  console.log(`|${' - |'.repeat(GROUPS.length + 1)}`);
  for (const { version, outcomes } of tried) console.log(`| ${[version, ...outcomes].join(' | ')} |`);
  for (const line of leftOut) console.log(`left out: ${line}`);
  const failed = tried.filter(({ outcomes }) => outcomes.some(one => !one.startsWith('ok'))).length;
  console.log(`${tried.length - failed} passed, ${failed} failed, ${leftOut.length} left out`);
  process.exitCode = failed > 0 || tried.length === 0 ? 1 : 0;
}

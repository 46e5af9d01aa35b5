import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Where a Redis comes from: a server program that can be started at will, an image to start it from, or a
 * server of another owner (which must not be stopped, paused or killed).
 *
 * @typedef {{ kind: 'binary', path: string, version: string }
 *   | { kind: 'docker', image: string }
 *   | { kind: 'url', url: string }} RedisSource
 */

const image = 'redis:8-alpine';
const programs = ['redis-server', 'valkey-server'];
const usualFolders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * Finds a Redis to work with, in this order: REDIS_URL if `preferUrl`, a program on the PATH, one installed by
 * apt-get or brew, Docker, REDIS_URL if `allowUrl`. Prints one line when it installs something; throws an
 * error that lists the searched locations and the remedy when there is nothing.
 *
 * @param {object} wishes
 * @param {boolean} wishes.install may install packages and pull an image
 * @param {boolean} wishes.allowUrl may fall back to REDIS_URL
 * @param {boolean} [wishes.preferUrl] takes REDIS_URL before anything else when it is set
 * @returns {RedisSource}
 */
export function ensureRedis({ install: mayInstall, allowUrl, preferUrl = false }) {
  const url = allowUrl || preferUrl ? givenUrl() : undefined;
  if (preferUrl && url) return url;
  const found = findProgram() ?? (mayInstall ? installProgram() : undefined) ?? findDocker(mayInstall) ?? url;
  if (found) return found;
  throw new Error(nothingFound(mayInstall, allowUrl || preferUrl));
}

/** @returns {RedisSource | undefined} */
function givenUrl() {
  const url = process.env.REDIS_URL;
  return url ? { kind: 'url', url } : undefined;
}

/** @returns {RedisSource | undefined} */
function findProgram() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...usualFolders].filter(Boolean);
  for (const path of programs.flatMap(program => folders.map(folder => join(folder, program)))) {
    const version = isExecutable(path)
      ? /v=(\d+\.\d+\.\d+)/.exec(run([path, '--version']).stdout)?.[1]
      : undefined;
    if (version) return { kind: 'binary', path, version };
  }
  return undefined;
}

function installProgram() {
  return installWithApt() ?? installWithBrew();
}

function installWithApt() {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (!succeeds([...asRoot, 'apt-get', '--version'])) return undefined;

  const aptGet = [
    ...asRoot,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=60',
  ];
  const update = [...aptGet, 'update'];
  install('redis-server', 'apt-get', update, [
    ...aptGet,
    'install',
    '-y',
    '--no-install-recommends',
    'redis-server',
  ]);
  return findProgram();
}

function installWithBrew() {
  if (!succeeds(['brew', '--version'])) return undefined;

  install('redis', 'brew', ['brew', 'install', 'redis']);
  return findProgram();
}

/**
 * @param {boolean} mayPull
 * @returns {RedisSource | undefined}
 */
function findDocker(mayPull) {
  if (!succeeds(['docker', 'info'])) return undefined;
  if (succeeds(['docker', 'image', 'inspect', image])) return { kind: 'docker', image };
  if (!mayPull) return undefined;

  return install(image, 'docker', ['docker', 'pull', image]) ? { kind: 'docker', image } : undefined;
}

/**
 * Runs the commands one after the other; the last one decides. Says what is done, and why it failed if it did.
 *
 * @param {string} what
 * @param {string} tool
 * @param {...string[]} commands
 */
function install(what, tool, ...commands) {
  console.log(`Installing ${what} (${tool}) ...`);
  const last = commands.map(command => run(command, minutes(10))).at(-1);
  if (last?.status === 0) return true;
  console.log(`That failed: ${last?.stderr.trim().split('\n').at(-1)}`);
  return false;
}

/**
 * @param {boolean} installed
 * @param {boolean} urlAllowed
 */
function nothingFound(installed, urlAllowed) {
  const tried = [
    `${programs.join(' or ')} on the PATH and in ${usualFolders.join(', ')}`,
    installed ? 'apt-get (as root or by sudo without a password) and brew, to install one' : undefined,
    `Docker (docker info, ${image})`,
    urlAllowed ? 'the environment variable REDIS_URL' : undefined,
  ];
  const remedies = [
    'install Redis with a package manager: `sudo apt-get install redis-server` or `brew install redis`',
    'put a redis-server or valkey-server of your own on the PATH',
    `start Docker, and let \`docker pull ${image}\` succeed`,
    urlAllowed ? 'set REDIS_URL to a server that may be written to, e.g. redis://127.0.0.1:6379' : undefined,
  ];
  return `No Redis was found. Searched:\n${list(tried)}\nDo one of these and try again:\n${list(remedies)}`;
}

/** @param {(string | undefined)[]} lines */
function list(lines) {
  return lines
    .filter(line => line !== undefined)
    .map(line => `  - ${line}`)
    .join('\n');
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string[]} command
 * @param {number} [timeoutMs]
 */
function succeeds(command, timeoutMs) {
  return run(command, timeoutMs).status === 0;
}

/**
 * A program that does not exist counts as one that failed.
 *
 * @param {string[]} command
 * @param {number} [timeoutMs]
 */
function run([program = '', ...args], timeoutMs = 10_000) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: timeoutMs,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return error ? { status, stdout: '', stderr: error.message } : { status, stdout, stderr };
}

/** @param {number} count */
function minutes(count) {
  return count * 60_000;
}

/**
 * Programs of Debian that are not installed: apt downloads their packages and checks the signatures, with lists and a
 * status of its own; they are unpacked below node_modules/.cache and run with the libraries of their own release.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { projectRoot } from '../support/setup/project-root.mjs';

const ARCHIVE = 'http://deb.debian.org/debian';
const SECURITY = 'http://deb.debian.org/debian-security';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const CACHE = join(projectRoot, 'node_modules/.cache/servers');

/** Why no program of Debian can be had here; `undefined`: it can be tried. */
export function missingTools() {
  for (const tool of ['apt-get', 'dpkg-deb'])
    if (spawnSync(tool, ['--version']).status !== 0) return `there is no ${tool} here`;
  return existsSync(KEYRING) ? undefined : `there is no ${KEYRING} here (package debian-archive-keyring)`;
}

/**
 * The newest version of a program in Debian, and of the libraries that it needs. Throws an error when it cannot be had.
 *
 * @param {import('./servers.mjs').Server} server
 * @returns {string} the path of a script that becomes the program
 */
export function programOf({ release, pocket, program }) {
  const home = join(CACHE, `${program}-${pocket}`);
  const apt = aptOf(home, release, pocket);
  apt('update');
  apt('clean');
  apt(
    'install',
    '--yes',
    '--download-only',
    '--no-install-recommends',
    `--target-release=${pocket}`,
    program,
  );
  return unpack(home, program);
}

/** apt with a folder of its own, in which nothing is installed. @param {string} home @param {string} release @param {string} pocket */
function aptOf(home, release, pocket) {
  for (const folder of ['lists/partial', 'archives/partial'])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'status'), '');
  writeFileSync(join(home, 'sources.list'), sourcesOf(release, pocket));
  const options = [
    `Dir::Etc::SourceList=${home}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    'Dir::Etc::Preferences=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    `Dir::State=${home}`,
    `Dir::State::Lists=${home}/lists`,
    `Dir::State::Status=${home}/status`,
    `Dir::Cache=${home}`,
    'Acquire::Languages=none',
    // A list that cannot be fetched is an error, not an old list.
    'APT::Update::Error-Mode=any',
    'APT::Sandbox::User=root',
  ].flatMap(option => ['-o', option]);
  return (/** @type {string[]} */ ...args) => void run('apt-get', ...options, '--quiet', ...args);
}

/** @param {string} release @param {string} pocket */
function sourcesOf(release, pocket) {
  const pockets = new Set([release, pocket]);
  const suites = [...pockets].map(suite => `${ARCHIVE} ${suite}`);
  return [...suites, `${SECURITY} ${release}-security`]
    .map(suite => `deb [signed-by=${KEYRING}] ${suite} main\n`)
    .join('');
}

/** @param {string} home @param {string} program */
function unpack(home, program) {
  const root = join(home, 'root');
  rmSync(root, { recursive: true, force: true });
  const archives = join(home, 'archives');
  for (const file of readdirSync(archives))
    if (file.endsWith('.deb')) run('dpkg-deb', '--extract', join(archives, file), root);
  const files = /** @type {string[]} */ (readdirSync(root, { recursive: true }));
  const loader = files.find(file => /\/ld-linux[^/]*\.so\.\d+$/.test(file));
  if (loader === undefined) throw new Error(`libc6 of ${program} has no loader`);
  const libraries = new Set(
    files.filter(file => /\.so(\.\d+)*$/.test(file)).map(file => join(root, dirname(file))),
  );
  const launcher = join(home, program);
  const words = [
    join(root, loader),
    '--library-path',
    [...libraries].join(':'),
    join(root, 'usr/bin', program),
  ];
  writeFileSync(launcher, `#!/bin/sh\nexec ${words.map(word => `'${word}'`).join(' ')} "$@"\n`, {
    mode: 0o755,
  });
  return launcher;
}

/** @param {string} command @param {...string} args */
function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  const lines = `${error?.message ?? ''}${stderr}`.trim().split('\n');
  throw new Error(`${command} failed: ${lines.find(line => line.startsWith('E:')) ?? lines.at(-1)}`);
}

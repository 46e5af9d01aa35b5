import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ensureBuilt } from '../support/setup/ensure-built.mjs';
import { projectRoot } from '../support/setup/project-root.mjs';
import { ROOT_USER, USER, WRONG_USER } from './users.mjs';

const COMMON = ['reflect-metadata@0.2', 'rxjs@7', 'cron@4.4', '@types/node@20'];
const OPTIONAL = ['prom-client@15', '@opentelemetry/api@1'];
/** The own dependencies of the package that declarations could name are installed with it. */
const SETS = {
  compilers: ['5.7', '5.8', '5.9', '6.0'].map(
    version => `typescript-${version}@npm:typescript@~${version}.0`,
  ),
  'nest-11': [
    ...nest({ common: 11, core: 11, testing: 11, schedule: 6, config: 4, 'event-emitter': 3, terminus: 11 }),
    'ioredis@5',
    ...COMMON,
    ...OPTIONAL,
  ],
  'nest-12': [
    ...nest({
      common: 12,
      core: 12,
      testing: 12,
      schedule: 12,
      config: 12,
      'event-emitter': 12,
      terminus: 12,
    }),
    'ioredis@6',
    ...COMMON,
    ...OPTIONAL,
  ],
  'no-optional-packages': [...nest({ common: 11, core: 11, schedule: 6 }), ...COMMON],
};

/** @param {Readonly<Record<string, number>>} versions */
function nest(versions) {
  return Object.entries(versions).map(([name, version]) => `@nestjs/${name}@${version}`);
}

/**
 * A folder of compilers, and one of each set of packages, with this package as it is packed and the files of a user.
 *
 * @param {string} folder
 */
export function prepare(folder) {
  ensureBuilt();
  for (const [set, packages] of Object.entries(SETS)) install(join(folder, set), packages);
  const packed = pack(folder);
  for (const set of Object.keys(SETS).filter(name => name !== 'compilers')) {
    const home = join(folder, set);
    const target = join(home, 'node_modules/nestjs-leader-schedule');
    rmSync(target, { recursive: true, force: true });
    cpSync(packed, target, { recursive: true });
    const text = set === 'no-optional-packages' ? ROOT_USER : USER;
    writeFileSync(join(home, 'wrong.cts'), WRONG_USER);
    for (const name of ['user.ts', 'user.cts', 'user.mts']) writeFileSync(join(home, name), text);
  }
  rmSync(packed, { recursive: true });
}

/** Once for each list of packages. @param {string} home @param {readonly string[]} packages */
function install(home, packages) {
  const dependencies = dependenciesOfPackage();
  const all = home.endsWith('compilers') ? packages : [...packages, ...dependencies];
  const stamp = join(home, 'installed.txt');
  const hash = createHash('sha256').update(JSON.stringify(all)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--no-audit', '--no-fund', ...all], home);
  writeFileSync(stamp, hash);
}

/** @returns {string[]} */
function dependenciesOfPackage() {
  const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  return Object.entries(dependencies).map(([name, range]) => `${name}@${range}`);
}

/** The folder of the unpacked tarball. @param {string} folder */
function pack(folder) {
  const home = join(folder, 'packed');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', home], projectRoot);
  const [tarball = ''] = readdirSync(home);
  run('tar', ['-xzf', tarball], home);
  return join(home, 'package');
}

/** @param {string} program @param {readonly string[]} args @param {string} cwd */
function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

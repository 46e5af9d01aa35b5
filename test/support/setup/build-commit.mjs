import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { lastWill } from './last-will.mjs';
import { projectRoot } from './project-root.mjs';

/** The commit of the last release of the 0.3 line. */
export const RELEASE_0_3 = 'f1af29c4d7ae6c98a1ae3b8f37c6a2a2ee7398eb';

/**
 * A commit of this repository, built in a temporary folder: `dist`, and the pods of the tests in `.build/pods`. It uses
 * the packages that are installed here; those that only the commit needs are installed beside it. The folder goes with
 * `remove()`, or with this process.
 *
 * @param {string} commit
 * @returns {{ folder: string, remove(): void }}
 */
export function buildCommit(commit) {
  const home = mkdtempSync(join(tmpdir(), 'leader-schedule-commit-'));
  const folder = join(home, 'commit');
  const will = lastWill('rm -rf "$1"', home);
  const remove = () => {
    rmSync(home, { recursive: true, force: true });
    will.revoke();
  };
  try {
    mkdirSync(folder);
    unpack(commit, folder);
    installMissing(folder, home);
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
    compile(folder, ...buildCommandOf(folder));
    if (existsSync(join(folder, 'test/pods/tsconfig.json')))
      compile(folder, 'node_modules/typescript/bin/tsc', '-p', 'test/pods');
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * @param {string} commit
 * @param {string} folder
 */
function unpack(commit, folder) {
  try {
    const archive = execFileSync('git', ['archive', '--format=tar', commit], {
      cwd: projectRoot,
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
  } catch (cause) {
    throw new Error(
      `Commit ${commit} cannot be read from this repository. A clone with its whole history has it: git fetch --unshallow`,
      { cause },
    );
  }
}

/**
 * Packages that the commit depends on and that are not installed here. Node finds them in the folder above.
 *
 * @param {string} folder
 * @param {string} home
 */
function installMissing(folder, home) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const missing = Object.entries(dependencies)
    .filter(([name]) => !existsSync(join(projectRoot, 'node_modules', name)))
    .map(([name, range]) => `${name}@${range}`);
  if (missing.length === 0) return;
  const install = ['install', '--prefix', home, '--no-save', '--no-audit', '--no-fund', ...missing];
  const { status, stdout, stderr } = spawnSync('npm', install, { cwd: home, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${missing.join(', ')} could not be installed:\n${stdout}${stderr}`);
}

/** Since 0.6 the package is built by a script of its own. @param {string} folder */
function buildCommandOf(folder) {
  const script = 'scripts/build.mjs';
  return existsSync(join(folder, script)) ? [script] : ['node_modules/@nestjs/cli/bin/nest.js', 'build'];
}

/**
 * @param {string} folder
 * @param {...string} command
 */
function compile(folder, ...command) {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The commit could not be compiled:\n${stdout}${stderr}`);
}

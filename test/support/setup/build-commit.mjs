import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { lastWill } from './last-will.mjs';
import { projectRoot } from './project-root.mjs';

const run = promisify(execFile);

/** The commit of the last release of the 0.3 line. */
export const RELEASE_0_3 = 'f1af29c4d7ae6c98a1ae3b8f37c6a2a2ee7398eb';

/**
 * A commit of this repository, built in a temporary folder: `dist`, and the pods of the tests in `.build/pods`. It uses
 * the packages that are installed here; those that only the commit needs are installed beside it. The folder goes with
 * `remove()`, or with this process. Meanwhile other work of this process goes on.
 *
 * @param {string} commit
 * @returns {Promise<{ folder: string, remove(): void }>}
 */
export async function buildCommit(commit) {
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
    await installMissing(folder, home);
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
    await compile(folder, ...buildCommandOf(folder));
    if (existsSync(join(folder, 'test/pods/tsconfig.json')))
      await compile(folder, 'node_modules/typescript/bin/tsc', '-p', 'test/pods');
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
async function installMissing(folder, home) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const missing = Object.entries(dependencies)
    .filter(([name]) => !existsSync(join(projectRoot, 'node_modules', name)))
    .map(([name, range]) => `${name}@${range}`);
  if (missing.length === 0) return;
  const install = ['install', '--prefix', home, '--no-save', '--no-audit', '--no-fund', ...missing];
  await run('npm', install, { cwd: home }).catch(failed(`${missing.join(', ')} could not be installed`));
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
async function compile(folder, ...command) {
  await run(process.execPath, command, { cwd: folder }).catch(failed('The commit could not be compiled'));
}

/** Throws what the command has printed. @param {string} problem */
function failed(problem) {
  /** @param {{ stdout?: string, stderr?: string }} cause */
  return cause => {
    throw new Error(`${problem}:\n${cause.stdout ?? ''}${cause.stderr ?? ''}`, { cause });
  };
}

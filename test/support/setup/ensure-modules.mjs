import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root.mjs';

/**
 * Runs `npm ci` when node_modules is missing, was left half-installed, or is older than package-lock.json.
 * Prints one line when it installs; throws with npm's whole output and a remedy when that fails.
 */
export function ensureModules() {
  if (installedAt() >= changedAt(join(projectRoot, 'package-lock.json'))) return;

  console.log('Installing the packages of package-lock.json (npm ci) ...');
  // NODE_ENV=production would make npm leave out the development packages.
  const { status, error, stdout, stderr } = spawnSync(
    'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund'],
    {
      cwd: projectRoot,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      shell: process.platform === 'win32',
    },
  );
  if (status === 0) return;
  throw new Error(
    `npm ci failed:\n${error?.message ?? stdout + stderr}\n` +
      'Check the network and the registry npm is configured for, then run `npm ci` yourself.',
  );
}

/** npm writes this file last, so that an interrupted installation lacks it. */
function installedAt() {
  return changedAt(join(projectRoot, 'node_modules', '.package-lock.json'));
}

/** @param {string} path */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

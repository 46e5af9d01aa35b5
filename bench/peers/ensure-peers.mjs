import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Installs the packages of this folder, unless they are installed. */
export function ensurePeers() {
  const installed = statSync(`${here}node_modules/.package-lock.json`, { throwIfNoEntry: false })?.mtimeMs;
  if (installed !== undefined && installed >= statSync(`${here}package-lock.json`).mtimeMs) return;
  const ci = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, stdout, stderr } = spawnSync('npm', ci, { cwd: here, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${ci.join(' ')} failed in bench/peers:\n${stdout}${stderr}`);
}

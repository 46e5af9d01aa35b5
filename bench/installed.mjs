import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { lastWill } from '../test/support/setup/last-will.mjs';

/** An application with @nestjs/schedule and none of the optional packages. */
export const PLAIN = [
  ...['common', 'core'].map(name => `@nestjs/${name}@12`),
  '@nestjs/schedule@12',
  'reflect-metadata@0.2',
  'rxjs@7',
];

/**
 * A temporary folder with packages; it goes with `remove()`, or with this process. While npm works, other benches go on: they
 * wait for their pods with a time limit.
 */
export class Project {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'leader-schedule-project-'));
    this.will = lastWill('rm -rf "$1"', this.folder);
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true }');
  }

  /** @param {...string} packages */
  async install(...packages) {
    await npm(this.folder, 'install', ...packages);
  }

  /** Installs the package of this folder as it is packed, and brings the pods of the bench. @param {string} source */
  async installPacked(source) {
    await npm(source, 'pack', '--ignore-scripts', '--pack-destination', this.folder);
    const tarball = readdirSync(this.folder).find(name => name.endsWith('.tgz'));
    await this.install(join(this.folder, tarball));
    mkdirSync(join(this.folder, 'bench/peers'), { recursive: true });
    for (const file of ['pod.mjs', 'pod-meter.mjs', 'peers/package.json'])
      cpSync(new URL(file, import.meta.url), join(this.folder, 'bench', file));
  }

  /** On disk, and how many there are. */
  sizeOfPackages() {
    const [kib] = execFileSync('du', ['-sk', 'node_modules'], { cwd: this.folder, encoding: 'utf8' }).split(
      '\t',
    );
    const { packages } = JSON.parse(readFileSync(join(this.folder, 'package-lock.json'), 'utf8'));
    return { kib: Number(kib), packages: Object.keys(packages).length };
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
    this.will.revoke();
  }
}

async function npm(cwd, ...args) {
  await promisify(execFile)('npm', [...args, '--no-audit', '--no-fund'], { cwd });
}

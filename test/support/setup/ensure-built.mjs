import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from './project-root.mjs';

/** The input of the compilers. */
const SOURCES = ['lib', 'test/pods', 'tsconfig.json', 'scripts', 'package-lock.json'];
/** Files of their output. Another build gives them another time. */
const OUTPUTS = ['dist/index.js', '.build/modules/index.js', '.build/pods/pod.js'];
const STAMP = join(projectRoot, '.build/built.txt');

/**
 * Compiles the library into `dist` and the pods of the tests into `.build/pods`, unless the present sources have been
 * compiled already. Throws an error with the output of the compiler.
 */
export function ensureBuilt() {
  // Sources that change while they are compiled do not fit the stamp.
  const hash = hashOfSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp(hash)) return;
  compile('the library', 'scripts/build.mjs');
  compile('the pods of the tests', 'node_modules/typescript/bin/tsc', '-p', 'test/pods');
  mkdirSync(join(projectRoot, '.build'), { recursive: true });
  writeFileSync(STAMP, stamp(hash));
}

/**
 * @param {string} what named in the error
 * @param {...string} command
 */
export function compile(what, ...command) {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}\nNothing was run: ${what} could not be compiled.`);
}

/** @param {string} hash */
function stamp(hash) {
  const times = OUTPUTS.map(path => statSync(join(projectRoot, path), { throwIfNoEntry: false })?.mtimeMs);
  return [hash, ...times].join('\n');
}

function hashOfSources() {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap(filesOf)) hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

/** @param {string} source */
function filesOf(source) {
  const path = join(projectRoot, source);
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map(name => join(path, name))
    .filter(file => statSync(file).isFile())
    .toSorted();
}

import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Another compiler makes other files of the same sources. */
const ownText = readFileSync(fileURLToPath(import.meta.url), 'utf8');
const sources = ['lib', 'test/simulation', 'test/support/virtual-entropy.ts'];

/** Of this process alone: several simulators may run at once. */
const ownFolder = join(root, '.build', `simulation-${process.pid}`);
process.on('exit', () => rmSync(ownFolder, { recursive: true, force: true }));

/** Where compilations of the same sources are kept for later processes. */
const cacheFolder = join(root, '.build', 'simulations');
const CACHED_FOR_MS = 24 * 3_600_000;

/**
 * Compiles the library and the simulator, scripts and all, into a folder where imports find the packages. The same
 * sources are compiled once a day.
 *
 * @returns {string} the folder
 */
export function compile() {
  const texts = sources
    .flatMap(filesBelow)
    .map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const hash = createHash('sha256')
    .update(JSON.stringify([ownText, texts]))
    .digest('hex');
  const cached = join(cacheFolder, hash);
  if (existsSync(cached)) return cached;
  const folder = join(ownFolder, 'sound');
  for (const { path, text } of texts) write(folder, path, text);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(cacheFolder, { recursive: true });
  removeOldCompilations();
  try {
    renameSync(folder, cached);
    return cached;
  } catch {
    // Another process was faster.
    return existsSync(cached) ? cached : folder;
  }
}

function removeOldCompilations() {
  for (const name of readdirSync(cacheFolder)) {
    const folder = join(cacheFolder, name);
    if (Date.now() - statSync(folder).mtimeMs > CACHED_FOR_MS)
      rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A copy of a compilation in which one file is another.
 *
 * @param {string} folder
 * @param {string} name
 * @param {string} path of the source file, below the root
 * @param {string} text what stands in it
 */
export function compileVariant(folder, name, path, text) {
  const variant = join(ownFolder, name);
  rmSync(variant, { recursive: true, force: true });
  cpSync(folder, variant, { recursive: true });
  write(variant, path, text);
  return variant;
}

/** Compiles one source file into a folder of compilations. */
function write(/** @type {string} */ folder, /** @type {string} */ path, /** @type {string} */ text) {
  const target = join(folder, path).replace(/\.ts$/, '.js');
  mkdirSync(dirname(target), { recursive: true });
  if (path.endsWith('.lua')) return writeFileSync(target, text);
  const { code, map = '' } = toJavaScript(path, text);
  // Beside the code: in it, a map would be three quarters of what each worker reads.
  writeFileSync(target, `${code}//# sourceMappingURL=${basename(target)}.map\n`);
  writeFileSync(`${target}.map`, map);
}

/** @param {string} path */
function filesBelow(path) {
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter(
      entry => entry.isFile() && /(\.ts|\.lua)$/.test(entry.name) && !/\.(spec|d)\.ts$/.test(entry.name),
    )
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .filter(file => !file.includes('node_modules'));
}

/**
 * @param {string} path
 * @param {string} text
 */
function toJavaScript(path, text) {
  // Most calls find what they need compiled, and loading a compiler takes time.
  /** @type {import('@swc/core')} */
  const { transformSync } = createRequire(import.meta.url)('@swc/core');
  return transformSync(text, {
    filename: path,
    sourceMaps: true,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, verbatimModuleSyntax: true },
    },
    module: { type: 'es6' },
  });
}

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

/** The root of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const sources = ['lib', 'test/simulation', 'test/support/virtual-entropy.ts'];

/** Of this process alone: several simulators may run at once. */
const ownFolder = join(root, '.build', `simulation-${process.pid}`);
process.on('exit', () => rmSync(ownFolder, { recursive: true, force: true }));

/**
 * Compiles the library and the simulator, scripts and all, into a folder of this process, where imports find the
 * packages. It is removed when the process ends.
 *
 * @param {string} name
 * @param {(path: string, text: string) => string} [change] what becomes of a source file, by its path below the root
 * @returns {string} the folder
 */
export function compile(name, change = (_path, text) => text) {
  const folder = join(ownFolder, name);
  rmSync(folder, { recursive: true, force: true });
  for (const path of sources.flatMap(filesBelow)) {
    const text = change(path, readFileSync(join(root, path), 'utf8'));
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    if (path.endsWith('.lua')) writeFileSync(target, text);
    else writeFileSync(target.replace(/\.ts$/, '.js'), toJavaScript(path, text));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
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
  const target = join(variant, path);
  if (path.endsWith('.lua')) writeFileSync(target, text);
  else writeFileSync(target.replace(/\.ts$/, '.js'), toJavaScript(path, text));
  return variant;
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
  return transformSync(text, {
    filename: path,
    sourceMaps: 'inline',
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, verbatimModuleSyntax: true },
    },
    module: { type: 'es6' },
  }).code;
}

import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g;

/**
 * Copies the declarations that a user can reach: those of the entries, and what they name.
 *
 * @param {string} modules the folder of the compiled modules
 * @param {readonly string[]} entries
 * @param {readonly string[]} targets each gets a copy
 */
export function copyDeclarations(modules, entries, targets) {
  /** @type {Set<string>} */
  const reached = new Set();
  for (const entry of entries) reach(join(modules, `${entry}.d.ts`), reached);
  for (const file of reached)
    for (const target of targets) {
      const copy = join(target, relative(modules, file));
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(file, copy);
    }
}

/** @param {string} file @param {Set<string>} reached */
function reach(file, reached) {
  if (reached.has(file)) return;
  reached.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(SPECIFIER))
    reach(join(dirname(file), `${path}.d.ts`), reached);
}

import { readFileSync } from 'node:fs';

/**
 * The text of a file below `scripts`. Of the sources only: in the package, this module holds the texts itself
 * (`scripts/build.mjs` replaces it), so that nothing is read from disk.
 *
 * @param name the path of the file, without its extension
 */
export function luaText(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}

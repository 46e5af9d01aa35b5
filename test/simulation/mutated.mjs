import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The text of the file with the mutation, if all that it replaces occurs exactly once.
 *
 * @param {import('./mutants/index.mjs').Mutant} mutant
 */
export function mutated({ file, changes }) {
  let text = readFileSync(join(root, file), 'utf8');
  for (const { find, replace } of changes) {
    if (text.split(find).length !== 2) return undefined;
    text = text.replace(find, () => replace);
  }
  return text;
}

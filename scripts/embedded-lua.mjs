import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** The modules that read Lua files from disk, and that the build replaces by modules with the texts. */
export const READER = 'lua-text.ts';

/**
 * The source of a module that exports the same as the `lua-text.ts` at this path, and holds the Lua files below
 * `scripts` beside it. Each text names its source file.
 *
 * @param {string} path
 * @param {string} root the folder that the names of the source files are relative to
 */
export function embeddedLua(path, root) {
  const folder = join(dirname(path), 'scripts');
  const entries = luaFilesOf(folder).map(name => {
    const file = join(folder, `${name}.lua`);
    return `  '${name}': ${templateLiteral(readFileSync(file, 'utf8'))},\n`;
  });
  if (entries.length === 0) throw new Error(`${folder} has no Lua file to embed in ${basename(path)}`);
  const source = relative(root, folder).replaceAll('\\', '/');
  return `${HEAD}/** The files of ${source}. */\nconst TEXTS: Readonly<Record<string, string>> = {\n${entries.join('')}};\n${readerOf(source)}`;
}

const HEAD = '/* Made by scripts/embedded-lua.mjs. */\n';

/** @param {string} source */
const readerOf = source => `
export function luaText(name: string): string {
  const text = TEXTS[name];
  if (text === undefined) throw new Error(\`${source}/\${name}.lua is not in this package\`);
  return text;
}
`;

/** @param {string} folder @returns the paths below it, without the extension */
function luaFilesOf(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.lua'))
    .map(file => file.slice(0, -'.lua'.length).replaceAll('\\', '/'))
    .toSorted();
}

/** @param {string} text */
function templateLiteral(text) {
  return `\`${text.replace(/[\\`]|\$\{/g, '\\$&')}\``;
}

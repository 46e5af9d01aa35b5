import { readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

/** Packages that become part of ours, with the files of their licences: of each a small part is used. */
const INCLUDED = { cronstrue: 'LICENSE', valibot: 'LICENSE.md' };

/**
 * Joins modules to one file for each entry and few that they share, once as ES modules and once as CommonJS. The functions
 * stay legible, and classes keep their names, which logs and errors show.
 *
 * @param {object} what
 * @param {string} what.root
 * @param {string} what.modules the folder that the paths of `bare` are in
 * @param {ReadonlyMap<string, string>} what.bare the texts of the modules
 * @param {string} what.dist
 * @param {readonly string[]} what.entries
 */
export async function bundle({ root, modules, bare, dist, entries }) {
  const join_ = (/** @type {readonly string[]} */ names) => joined(names, modules, bare);
  const esm = await join_([...entries, 'cli/main']);
  await esm.write({ ...SHAPE, dir: dist, format: 'es' });
  const cjs = await join_(entries);
  // An import() becomes a require(): jest refuses a real one without a flag of Node.
  await cjs.write({ ...SHAPE, dir: join(dist, 'cjs'), format: 'cjs', ...COMMONJS });
  writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(join(dist, 'licences.txt'), licences(root));
}

/** @type {import('rollup').OutputOptions} */
const SHAPE = {
  chunkFileNames: 'shared/[name].js',
  generatedCode: 'es2015',
  hoistTransitiveImports: false,
  minifyInternalExports: false,
};

/** @type {import('rollup').OutputOptions} */
const COMMONJS = { dynamicImportInCjs: false, interop: 'auto', esModule: true, exports: 'named' };

/** @param {readonly string[]} entries @param {string} modules @param {ReadonlyMap<string, string>} bare */
function joined(entries, modules, bare) {
  return rollup({
    input: Object.fromEntries(entries.map(entry => [entry, join(modules, `${entry}.js`)])),
    external: id => !/^[./]/.test(id) && !id.startsWith(modules) && !(id in INCLUDED),
    plugins: [compiled(bare), included(), { name: 'ascii', renderChunk: escaped }],
    treeshake: { moduleSideEffects: id => !id.includes(`${sep}node_modules${sep}`) },
    onwarn: warning => {
      // Of the helper of decorators.
      if (warning.code !== 'THIS_IS_UNDEFINED') throw new Error(warning.message);
    },
  });
}

/** The texts of the compiler, which are in no file. @param {ReadonlyMap<string, string>} bare */
function compiled(bare) {
  return { name: 'compiled', load: (/** @type {string} */ id) => bare.get(id.replaceAll(sep, '/')) };
}

function included() {
  return {
    name: 'included',
    resolveId: (/** @type {string} */ id) =>
      id in INCLUDED ? fileURLToPath(import.meta.resolve(id)) : undefined,
    /** cronstrue is CommonJS. */
    transform: (/** @type {string} */ code, /** @type {string} */ id) =>
      id.endsWith('cronstrue.js')
        ? `const module = { exports: {} };\n{ const exports = module.exports;\n${code}\n}\nexport default module.exports;`
        : undefined,
  };
}

/** Of ASCII only: V8 keeps a source with one other letter at two bytes a letter. @param {string} code */
function escaped(code) {
  // oxlint-disable-next-line no-control-regex -- the letters to keep
  return code.replace(/[^\x00-\x7f]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Of the packages that became part of ours. @param {string} root */
function licences(root) {
  return Object.entries(INCLUDED)
    .map(([name, file]) => {
      const folder = join(root, 'node_modules', name);
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8')}`;
    })
    .join('\n');
}

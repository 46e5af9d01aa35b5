/**
 * `npm run build`: compiles `lib` twice, with the Lua scripts inside of the modules: ES modules into `dist`, and CommonJS
 * modules into `dist/cjs`, which the command line is no part of.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { embeddedLua, READER } from './embedded-lua.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const cjs = join(dist, 'cjs');
const commandLine = join(root, 'lib', 'cli') + sep;

const { options, fileNames } = readConfig(join(root, 'tsconfig.json'));
rmSync(dist, { recursive: true, force: true });
compile(fileNames, options);
const declarations = declarationsOf(dist);
compile(
  fileNames.filter(file => !normalize(file).startsWith(commandLine)),
  {
    ...options,
    // An import() becomes a require(): jest refuses a real one without a flag of Node.
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    esModuleInterop: true,
    outDir: cjs,
    // Checked above, and of the same types.
    noCheck: true,
    declaration: false,
  },
);
for (const file of declarations) copy(file);
writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');

/** @param {string} folder */
function declarationsOf(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter(file => file.endsWith('.d.ts') && !file.startsWith(`cli${sep}`));
}

/** @param {string} declaration */
function copy(declaration) {
  const target = join(cjs, declaration);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(dist, declaration), target);
}

/** @param {string} file */
function readConfig(file) {
  /** @type {ts.Diagnostic[]} */
  const errors = [];
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (/** @type {ts.Diagnostic} */ error) => errors.push(error),
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(file, undefined, host);
  fail([...errors, ...(parsed?.errors ?? [])]);
  if (parsed === undefined) throw new Error(`${file} cannot be read`);
  return parsed;
}

/** @param {readonly string[]} files @param {ts.CompilerOptions} compilerOptions */
function compile(files, compilerOptions) {
  const program = ts.createProgram(files, compilerOptions, hostOf(compilerOptions));
  const { diagnostics } = program.emit();
  fail([...ts.getPreEmitDiagnostics(program), ...diagnostics]);
}

/** Reads the sources, but what would read Lua files. @param {ts.CompilerOptions} compilerOptions */
function hostOf(compilerOptions) {
  const host = ts.createCompilerHost(compilerOptions);
  host.readFile = path => (isReader(path) ? embeddedLua(path, root) : ts.sys.readFile(path));
  return host;
}

/** @param {string} path */
function isReader(path) {
  return basename(path) === READER && path.startsWith(join(root, 'lib'));
}

/** Ends the build, without output, when there is an error. @param {readonly ts.Diagnostic[]} diagnostics */
function fail(diagnostics) {
  if (diagnostics.length === 0) return;
  const host = {
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  };
  console.error(ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(diagnostics), host));
  rmSync(dist, { recursive: true, force: true });
  process.exit(1);
}

import { basename, join } from 'node:path';
import ts from 'typescript';

import { embeddedLua, READER } from './embedded-lua.mjs';

/** The message has all diagnostics. */
export class CompileError extends Error {}

/**
 * Compiles `lib` to ES modules with declarations in a folder.
 *
 * @param {string} root
 * @param {string} folder
 * @returns {Map<string, string>} the modules without comments, by their paths in the folder
 */
export function compile(root, folder) {
  const { options, fileNames } = readConfig(root);
  const commented = { ...options, outDir: folder };
  const program = ts.createProgram(fileNames, commented, hostOf(root, commented));
  fail(root, [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics]);
  // Checked above.
  const bare = { ...commented, removeComments: true, declaration: false, noCheck: true };
  /** @type {Map<string, string>} */
  const modules = new Map();
  ts.createProgram(fileNames, bare, hostOf(root, bare), program).emit(undefined, (path, text) =>
    modules.set(path, text),
  );
  return modules;
}

/** @param {string} root */
function readConfig(root) {
  /** @type {ts.Diagnostic[]} */
  const errors = [];
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (/** @type {ts.Diagnostic} */ error) => errors.push(error),
  };
  const file = join(root, 'tsconfig.json');
  const parsed = ts.getParsedCommandLineOfConfigFile(file, undefined, host);
  fail(root, [...errors, ...(parsed?.errors ?? [])]);
  if (parsed === undefined) throw new Error(`${file} cannot be read`);
  return parsed;
}

/** Reads the sources, but what would read Lua files. @param {string} root @param {ts.CompilerOptions} options */
function hostOf(root, options) {
  const host = ts.createCompilerHost(options);
  host.readFile = path => (isReader(root, path) ? embeddedLua(path, root) : ts.sys.readFile(path));
  return host;
}

/** @param {string} root @param {string} path */
function isReader(root, path) {
  return basename(path) === READER && path.startsWith(join(root, 'lib'));
}

/** @param {string} root @param {readonly ts.Diagnostic[]} diagnostics */
function fail(root, diagnostics) {
  if (diagnostics.length === 0) return;
  const host = {
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  };
  throw new CompileError(ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(diagnostics), host));
}

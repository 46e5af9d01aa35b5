import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

import { DECLARATIONS, DOCUMENTED_RENAMES } from '../support/documented-renames.js';

const DEPRECATED = resolve('lib/deprecated.ts');
const PROBE = resolve('test/former-names.probe.ts');

function optionsOf(config: string): ts.CompilerOptions {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  return ts.getParsedCommandLineOfConfigFile(config, { noEmit: true }, host)?.options ?? {};
}

/** The language service's view of a file that is not on the disk: errors, and lines that it strikes out as deprecated. */
function inspect(text: string): { readonly errors: string[]; readonly deprecatedLines: ReadonlySet<number> } {
  const options = optionsOf('test/tsconfig.json');
  const service = ts.createLanguageService({
    getScriptFileNames: () => [PROBE],
    getScriptVersion: () => '1',
    getScriptSnapshot: file => {
      const found = file === PROBE ? text : ts.sys.readFile(file);
      return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
    },
    getCurrentDirectory: () => process.cwd(),
    getCompilationSettings: () => options,
    getDefaultLibFileName: given => ts.getDefaultLibFilePath(given),
    fileExists: file => file === PROBE || ts.sys.fileExists(file),
    readFile: file => (file === PROBE ? text : ts.sys.readFile(file)),
    directoryExists: folder => ts.sys.directoryExists(folder),
  });
  const source = service.getProgram()?.getSourceFile(PROBE);
  const lineOf = (at: number) => source?.getLineAndCharacterOfPosition(at).line ?? -1;
  const errors = service.getSemanticDiagnostics(PROBE);
  const hints = service.getSuggestionDiagnostics(PROBE).filter(hint => hint.reportsDeprecated !== undefined);
  return {
    errors: errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    deprecatedLines: new Set(hints.map(({ start }) => lineOf(start))),
  };
}

/** A file of lib as it is after 1.0. */
function withoutFormerNames(text: string): string {
  return text
    .split('\n')
    .filter(line => !line.endsWith('// until 1.0'))
    .map(line => line.replace(/^(\s*).*\/\/ until 1\.0: (.*)$/, '$1$2'))
    .join('\n');
}

describe('the names of 0.4', () => {
  const statements = DOCUMENTED_RENAMES.flatMap(({ former, now }) => [`void (${former});`, `void (${now});`]);
  const { errors, deprecatedLines } = inspect([...statements, DECLARATIONS].join('\n'));

  it('compile, as do the new ones', () => expect(errors).toEqual([]));

  it.each(DOCUMENTED_RENAMES.map(({ former, now }, at) => ({ former, now, at })))(
    '$former is marked as deprecated, and $now is not',
    ({ at }) => expect([2 * at, 2 * at + 1].map(line => deprecatedLines.has(line))).toEqual([true, false]),
  );

  it('stand in the table of the migration guide, and no others', () => {
    const page = readFileSync('docs/migration.md', 'utf8');
    const table = page.split('<!-- renames -->')[1]?.split('<!-- /renames -->')[0] ?? '';
    const cells = table
      .trim()
      .split('\n')
      .slice(2)
      .map(row => row.split('|')[1] ?? '');
    const listed = cells.flatMap(cell => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(new Set(listed)).toEqual(new Set(DOCUMENTED_RENAMES.map(({ row }) => row)));
  });

  it('go with one file and the lines that are marked: what is left compiles', () => {
    const options = optionsOf('tsconfig.json');
    const host = ts.createCompilerHost(options);
    const [getSourceFile, fileExists] = [host.getSourceFile.bind(host), host.fileExists.bind(host)];
    host.fileExists = file => resolve(file) !== DEPRECATED && fileExists(file);
    host.getSourceFile = (file, language, ...rest) =>
      resolve(file).startsWith(resolve('lib'))
        ? ts.createSourceFile(file, withoutFormerNames(readFileSync(file, 'utf8')), language)
        : getSourceFile(file, language, ...rest);
    const files = readdirSync('lib', { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && resolve('lib', file) !== DEPRECATED)
      .map(file => join('lib', file));
    const left = ts.getPreEmitDiagnostics(ts.createProgram(files, options, host));
    expect(
      left.map(
        ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      ),
    ).toEqual([]);
  }, 120_000);
});

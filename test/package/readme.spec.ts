import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import ts from 'typescript';

import { resolveOptions } from '../../lib/core/options/options.js';
import { blocksOf, filesOf, PAGES, snippetsOf, writeSnippets } from '../support/documented-snippets.js';

describe.each(PAGES)('%s', page => {
  it('has every snippet of code under a test', () =>
    expect(blocksOf(page)).toHaveLength(snippetsOf(page).length + filesOf(page).length));

  it('shows files as they are', () => {
    const shown = filesOf(page);
    expect(shown).toEqual(shown.map(({ path }) => ({ path, text: readFileSync(path, 'utf8') })));
  });

  it('shows code that compiles', () => {
    const { folder, remove } = writeSnippets(page);
    try {
      expect(problemsIn(folder)).toEqual([]);
    } finally {
      remove();
    }
  });
});

const OPTIONS_OF_USERS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
};

/** Files that were read for one page, and are not read again for the next one. */
const sources = new Map<string, ts.SourceFile | undefined>();
const host = ts.createCompilerHost(OPTIONS_OF_USERS);
const read = host.getSourceFile.bind(host);
host.getSourceFile = (file, ...rest) => {
  if (!sources.has(file)) sources.set(file, read(file, ...rest));
  return sources.get(file);
};

function problemsIn(folder: string): string[] {
  const files = readdirSync(folder).map(file => join(folder, file));
  const program = ts.createProgram(files, OPTIONS_OF_USERS, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const problem = ts.flattenDiagnosticMessageText(messageText, ' ');
    return `${basename(file?.fileName ?? '')}: ${problem}`;
  });
}

describe('the README', () => {
  it('shows a configuration that is accepted', () => {
    const yaml = snippetsOf('README.md').find(({ name }) => name === 'yaml')?.text ?? '';
    const { core, schedule } = load(yaml) as { core: { appName: string }; schedule: object };
    expect(resolveOptions({ config: { schedule, appName: core.appName } })).toMatchObject({
      leaderKey: 'scheduler:billing:leader',
    });
  });
});

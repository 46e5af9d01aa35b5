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
  it('links to what the package has, or by absolute addresses', () => {
    const packed = ['docs/', 'CHANGELOG.md', 'LICENSE'];
    const links = [...readFileSync('README.md', 'utf8').matchAll(/\]\((?!\w+:|#)([^)#\s]*)/g)];
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter(([, path = '']) => !packed.some(start => path.startsWith(start)))).toEqual([]);
    const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(['docs', 'CHANGELOG.md']));
  });

  it('shows a configuration that is accepted', () => {
    const yaml = snippetsOf('README.md').find(({ name }) => name === 'yaml')?.text ?? '';
    const { core, schedule } = load(yaml) as { core: { appName: string }; schedule: object };
    expect(resolveOptions({ config: { schedule, appName: core.appName } })).toMatchObject({
      leaderKey: 'scheduler:billing:leader',
    });
  });
});

describe('the picture of the README', () => {
  const picture = readFileSync('docs/fail-over.svg', 'utf8');
  const ticks = [...picture.matchAll(/>● tick (\d\d):(\d\d):(\d\d)/g)].map(
    ([, hours, minutes, seconds]) => Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
  );

  it('is small, has a text for those who do not see it, and loads nothing', () => {
    expect(picture.length).toBeLessThan(60_000);
    expect(picture).toMatch(/<title id="title">.+<\/title>\n<desc id="description">.+<\/desc>/);
    expect(picture.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|<script|@import|url\(|href/,
    );
    expect(readFileSync('README.md', 'utf8')).toMatch(/!\[[^\]]{40,}\]\(docs\/fail-over\.svg\)/);
  });

  it('shows a fail-over in which each tick runs once', () => {
    expect(ticks.length).toBeGreaterThanOrEqual(6);
    const [first = 0] = ticks;
    expect(ticks).toEqual(ticks.map((_, at) => first + at));
    expect(picture).toMatch(/✗ kill -9.*★ leads, \d\.\d s later/s);
  });
});

describe('the page on troubleshooting', () => {
  const page = readFileSync('docs/troubleshooting.md', 'utf8');
  const symptoms = page.slice(page.indexOf('## Symptoms'), page.indexOf('## Messages of Redis'));
  const quoted = [...symptoms.matchAll(/^\| ([^|]+)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text),
  );
  const code = readdirSync('lib', { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join('lib', file), 'utf8'))
    .join('\n');

  it('quotes messages as the code has them', () => {
    expect(quoted.length).toBeGreaterThanOrEqual(8);
    // An ellipsis stands for what differs from case to case.
    const pieces = quoted.flatMap(text => text.split('…')).filter(piece => piece.trim() !== '');
    expect(pieces.filter(piece => !code.includes(piece))).toEqual([]);
  });
});

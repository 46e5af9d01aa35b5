import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import ts from 'typescript';

import { resolveOptions } from '../../lib/core/options.js';
import { OPTIONS } from '../../lib/core/option-table.js';

const readme = readFileSync('README.md', 'utf8');
const fencing = readFileSync('docs/fencing.md', 'utf8');
const events = readFileSync('docs/events.md', 'utf8');
const snippetsOf = (page: string) =>
  [...page.matchAll(/<!-- snippet: (\w+) -->\s+```(\w+)\n(.*?)```/gs)].map(
    ([, name = '', language = '', text = '']) => ({ name, language, text }),
  );
const snippets = [readme, fencing, events].flatMap(snippetsOf);

describe('the README, and the pages on fencing and events,', () => {
  it.each([
    ['README.md', readme],
    ['docs/fencing.md', fencing],
    ['docs/events.md', events],
  ])('has every snippet of code under a test: %s', (_, page) => {
    const blocks = page.match(/```(ts|yaml)\n/g) ?? [];
    expect(blocks).toHaveLength(snippetsOf(page).length);
  });

  it.each(snippets.filter(({ language }) => language === 'ts'))(
    'shows code that compiles: $name',
    ({ name, text }) => {
      // Below the project, so that the package finds itself by its name and Nest beside it.
      const folder = mkdtempSync(join(process.cwd(), '.build-readme-'));
      try {
        const file = join(folder, `${name}.ts`);
        writeFileSync(file, text);
        const program = ts.createProgram([file], {
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          experimentalDecorators: true,
          target: ts.ScriptTarget.ES2023,
          module: ts.ModuleKind.NodeNext,
          moduleResolution: ts.ModuleResolutionKind.NodeNext,
          types: ['node'],
        });
        const problems = ts
          .getPreEmitDiagnostics(program)
          .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
        expect(problems).toEqual([]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('shows a configuration that is accepted', () => {
    const yaml = snippets.find(({ name }) => name === 'yaml')?.text ?? '';
    const { core, schedule } = load(yaml) as { core: { appName: string }; schedule: object };
    expect(resolveOptions({ config: { schedule, appName: core.appName } })).toMatchObject({
      leaderKey: 'scheduler:billing:leader',
    });
  });

  it('lists every option as the code knows it', () => {
    const table = /<!-- options -->(.*)<!-- \/options -->/s.exec(readme)?.[1] ?? '';
    const rows = table
      .trim()
      .split('\n')
      .slice(2)
      .map(row =>
        row
          .split('|')
          .slice(1, -1)
          .map(cell => cell.trim()),
      );
    expect(rows).toEqual(
      OPTIONS.map(option => [
        `\`${option.path}\``,
        `\`${option.configPath ?? `schedule.${option.path}`}\``,
        `\`${option.variable}\``,
        option.default === '' ? 'none' : `\`${option.default}\``,
        option.description,
      ]),
    );
  });
});

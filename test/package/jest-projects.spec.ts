import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from '@jest/globals';

/** Files that start a program of the built package. */
const STARTERS = new Set(['test/support/cli.ts', 'test/chaos/pod-process.ts']);
/** Texts of specs that use the built package by themselves. */
const USES = [
  /'(dist)'/,
  /'\.\/dist/,
  /from '(nestjs-leader-schedule)/,
  /tls-refused\.mjs/,
  /tick-path\.mjs/,
  /writeSnippets\(/,
  /\['(pack)'/,
];

const specs = ['test', 'sample-app/test'].flatMap(folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.spec.ts') && !name.startsWith('fixtures'))
    .map(name => join(folder, name)),
);

/** The files that a file imports by relative paths, directly and indirectly, and the file itself. */
function closure(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file) || !existsSync(file)) return seen;
  seen.add(file);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.{1,2}\/[^']+)'/g))
    closure(join(dirname(file), path).replace(/\.js$/, '.ts'), seen);
  return seen;
}

function usesTheBuiltPackage(spec: string): boolean {
  const text = readFileSync(spec, 'utf8');
  return USES.some(use => use.test(text)) || [...closure(spec)].some(file => STARTERS.has(file));
}

async function specsOf(project: string): Promise<readonly string[]> {
  const jest = ['node_modules/jest/bin/jest.js', '--listTests', '--json', '--selectProjects', project];
  const { stdout } = await promisify(execFile)(process.execPath, jest);
  return (JSON.parse(stdout) as string[]).map(path => relative(process.cwd(), path)).toSorted();
}

it('builds the package before each spec that uses it', async () => {
  const listed = new Set(await specsOf('package'));
  expect(specs.filter(spec => usesTheBuiltPackage(spec) && !listed.has(spec))).toEqual([]);
});

it('runs each spec once', async () => {
  const all = [...(await specsOf('sources')), ...(await specsOf('package'))];
  expect(all.toSorted()).toEqual(specs.toSorted());
});

import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

/** Specs of the helpers of tests: `test/unit/support` mirrors `test/support`. */
const SUPPORT = /^support(\/|$)/;
const UNIT = join('test', 'unit');

const under = (folder: string, end: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith(end));

/** The name of the file that a spec mirrors, without its folder and its ending. */
const subjectOf = (spec: string): string => spec.replace(/\.spec\.ts$/, '');

/** The folder that a spec mirrors. */
function mirrored(path: string): string {
  return SUPPORT.test(path) ? join('test', path) : join('lib', path);
}

/** Where a spec belongs that has the name of a file in `lib`, if it does not stand there. */
function misplaced(spec: string, sources: readonly string[]): readonly string[] {
  if (SUPPORT.test(spec)) return [];
  const subject = subjectOf(spec);
  const named = sources.filter(source => basename(source, '.ts') === basename(subject));
  return named.includes(`${subject}.ts`) ? [] : named.map(source => source.replace(/\.ts$/, '.spec.ts'));
}

const specs = under(UNIT, '.spec.ts');
const sources = under('lib', '.ts');

describe('unit specs', () => {
  it('lie in folders that mirror lib, or the helpers of tests', () => {
    const folders = [...new Set(specs.map(dirname))];
    expect(folders.filter(folder => !existsSync(mirrored(folder)))).toEqual([]);
  });

  it.each(specs)('%s lies where the file of lib does whose name it has', spec =>
    expect(misplaced(spec, sources)).toEqual([]),
  );

  it('of the helpers of tests have the name of one', () => {
    const strays = specs.filter(
      spec => SUPPORT.test(spec) && !existsSync(`${join('test', subjectOf(spec))}.ts`),
    );
    expect(strays).toEqual([]);
  });

  it('that lies in another folder is found, and one with a name of its own is not', () => {
    const files = ['engine/runs/run-executor.ts', 'engine/control/pauses.ts'];
    const found = ['engine/run-executor.spec.ts', 'engine/runs/run-executor.spec.ts', 'engine/late.spec.ts'];
    expect(found.map(spec => misplaced(spec, files))).toEqual([['engine/runs/run-executor.spec.ts'], [], []]);
  });
});

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';

/** A function that one tick calls, from the wake-up of its job to the recorded end of its run. */
interface Called {
  /** In `lib`. */
  readonly file: string;
  readonly name: string;
  readonly isClosure: boolean;
  /** Of a schedule. It is not counted. */
  readonly isArithmetic: boolean;
}

/** Lower them when the path gets shorter. */
const MAX_FUNCTIONS = 45;
const MAX_CLOSURES = 4;
const MAX_FILES = 20;

const architecture = readFileSync('docs/architecture.md', 'utf8');
const [, life = ''] = /## The life of a tick\n([^]*?)\n## /.exec(architecture) ?? [];
const steps = [...life.matchAll(/^\| \d+\. .*?\| `(.*?)` +\| `(.*?)` +\|/gm)].map(
  ([, name = '', file = '']) => `${name} of engine/${file}`,
);

describe('the path of a tick', () => {
  let called: readonly Called[] = [];

  beforeAll(async () => {
    const script = ['test/support/tick-path/tick-path.mjs', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, script);
    called = (JSON.parse(stdout) as Called[]).filter(({ isArithmetic }) => !isArithmetic);
  });

  it('is as short as it was', () => {
    const names = called.map(({ name, file }) => `${name} of ${file}`);
    expect(names.slice(MAX_FUNCTIONS)).toEqual([]);
    expect(called.filter(({ isClosure }) => isClosure).length).toBeLessThanOrEqual(MAX_CLOSURES);
    expect(new Set(called.map(({ file }) => file)).size).toBeLessThanOrEqual(MAX_FILES);
  });

  it('goes through each function of the table in architecture.md', () => {
    const names = new Set(called.map(({ name, file }) => `${name} of ${file}`));
    expect(steps.length).toBeGreaterThan(10);
    expect(steps.filter(step => !names.has(step))).toEqual([]);
  });
});

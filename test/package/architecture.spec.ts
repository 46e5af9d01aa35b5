import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { allows, readLaw, rowFor, unusedNames } from '../support/import-law.js';

const law = readLaw();
/** Rooms that are subpaths, by the optional peer of each: their types never leak into the root. */
const SURFACES = { 'health/': '@nestjs/terminus', 'metrics/': 'prom-client' };
/** A folder with more files has a README.md. */
const MAX_SMALL_FOLDER = 5;
const lib = join(process.cwd(), 'lib');
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));

const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(file =>
  /\.(ts|lua)$/.test(file),
);

const largeFolders = [...new Set(sources.map(dirname))].filter(
  folder => sources.filter(file => dirname(file) === folder).length > MAX_SMALL_FOLDER,
);

interface Import {
  readonly from: string;
  readonly to: string;
  readonly dynamic: boolean;
  /** Of types only: nothing is loaded. */
  readonly erased: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(lib, file), 'utf8');
  const statements = [0, ...[...text.matchAll(/^(?:im|ex)port /gm)].map(({ index }) => index)];
  const found = [...text.matchAll(/(?:from\s+|^import\s+|import\()'([^']+)'/gm)];
  return found.map(({ 0: whole, 1: to = '', index }) => ({
    from: file,
    erased: /^(im|ex)port type /.test(text.slice(Math.max(...statements.filter(at => at < index)))),
    to: to.startsWith('.') ? relative(lib, resolve(lib, dirname(file), to)).replace(/\.js$/, '.ts') : to,
    dynamic: whole.startsWith('import('),
  }));
}

const imports = files.flatMap(importsOf);
/** A promise that is started and dropped: what it rejects with would end the process. */
const DROPPED = /\bvoid (?:\((?!await)|[\w.?]+\()/;

describe('the house', () => {
  it('has a table with a row for every folder, and folders for every row', () => {
    expect(files.filter(file => rowFor(law, file) === undefined)).toEqual([]);
    expect(law.filter(row => !files.some(file => rowFor(law, file) === row))).toEqual([]);
  });

  it.each(files)('%s imports what the table allows', file => {
    const row = rowFor(law, file);
    const refused = imports
      .filter(({ from }) => from === file)
      .filter(({ to, erased }) => row === undefined || !allows(row, { to, isOfTypes: erased }));
    expect(refused.map(({ to }) => `${file} imports ${to}`)).toEqual([]);
  });

  it.each(law)('names nothing that $path does not import', row => {
    const own = imports.filter(({ from }) => rowFor(law, from) === row);
    expect(
      unusedNames(
        row,
        own.map(({ to, erased }) => ({ to, isOfTypes: erased })),
      ),
    ).toEqual([]);
  });

  it.each([
    ['client/control.ts', 'nest/composition-root.ts', true],
    ['observe/event-emitter.ts', '@nestjs/core', true],
    ['observe/event-emitter.ts', 'engine/event-bus.ts', false],
    ['engine/election/elector.ts', 'engine/ticks/takeover.ts', true],
    ['engine/election/job-sets.ts', 'engine/control/schedule-overrides.ts', false],
    ['engine/runs/run-executor.ts', 'engine/ticks/job-scheduler.ts', false],
    ['engine/ticks/takeover.ts', 'engine/runs/run-executor.ts', false],
    ['engine/control/run-requests.ts', 'engine/ticks/job-schedulers.ts', false],
    ['health/index.ts', 'schedule.service.ts', true],
    ['core/tick/overdue.ts', 'core/schedule/schedule.ts', false],
  ])('refuses that %s imports %s (only types: %s)', (file, to, isOfTypes) => {
    const row = rowFor(law, file);
    expect(row !== undefined && allows(row, { to, isOfTypes })).toBe(false);
  });

  it('has at most six files in its root', () =>
    expect(files.filter(file => !file.includes('/')).length).toBeLessThanOrEqual(6));

  it.each(largeFolders)('says in 2 to 5 lines what lives in %s', folder => {
    const [, text = ''] =
      /^# .+\n\n((?:.+\n)+)/.exec(readFileSync(join(lib, folder, 'README.md'), 'utf8')) ?? [];
    const lines = text.split('\n').filter(line => line !== '');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThanOrEqual(5);
  });

  it.each(files.filter(file => /^(engine|nest)\//.test(file)))(
    '%s starts no promise that could reject unseen: EngineErrors.inBackground reports it',
    file =>
      expect(
        readFileSync(join(lib, file), 'utf8')
          .split('\n')
          .filter(line => DROPPED.test(line)),
      ).toEqual([]),
  );

  it.each(['void this.beat();', 'return void run(x)', 'void (a ? b() : c());'])(
    'knows a dropped promise: %s',
    line => expect(line).toMatch(DROPPED),
  );
});

describe('the house and what its parts load', () => {
  it('loads the Redis adapter and optional peers by dynamic import only', () => {
    const outside = imports.filter(({ from }) => !from.startsWith('adapters/redis/'));
    const eager = outside.filter(
      ({ to, dynamic, erased }) =>
        !dynamic &&
        !erased &&
        /^(ioredis$|@nestjs\/(config|event-emitter)$|@opentelemetry\/|adapters\/redis\/)/.test(to),
    );
    expect(eager).toEqual([]);
  });

  it('keeps the peers of a surface to that surface: no file of another room imports its files or theirs', () => {
    for (const [room, peer] of Object.entries(SURFACES)) {
      const strangers = imports.filter(
        ({ from, to }) => !from.startsWith(room) && (to === peer || to.startsWith(room)),
      );
      expect(strangers).toEqual([]);
    }
  });

  it('has a command line that loads nothing of Nest', () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { to } of imports.filter(({ from, erased }) => from === file && !erased)) load(to);
    };
    load('cli/main.ts');
    expect([...loaded]).toEqual(
      expect.arrayContaining(['commander', 'cli/session.ts', 'adapters/redis/connection/ioredis-library.ts']),
    );
    expect([...loaded].filter(name => /^(@nestjs\/|rxjs$|reflect-metadata$)/.test(name))).toEqual([]);
  });

  it('takes only types from the testing tools of Nest, which are an optional peer', () => {
    const takers = files.filter(file =>
      imports.some(({ from, to }) => from === file && to === '@nestjs/testing'),
    );
    for (const file of takers)
      expect(readFileSync(join(lib, file), 'utf8')).toMatch(/^import type .*@nestjs\/testing/m);
    expect(takers.every(file => file.startsWith('testing/'))).toBe(true);
  });
});

describe('the inside of the house', () => {
  it('has no entry file that the inside imports', () =>
    expect(imports.filter(({ to }) => to.endsWith('index.ts'))).toEqual([]));

  it('keeps time, chance and the console out of core and engine', () => {
    const pure = files.filter(file => file.startsWith('core/') || file.startsWith('engine/'));
    const impure = pure.filter(file =>
      /Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|performance\.|console\./.test(
        readFileSync(join(lib, file), 'utf8'),
      ),
    );
    expect(impure).toEqual([]);
  });

  it('has no cycle', () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`cycle: ${[...path, file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const { to } of imports.filter(({ from, to: target }) => from === file && target.endsWith('.ts')))
        visit(to, [...path, file]);
      done.add(file);
    };
    expect(() => files.forEach(file => visit(file, []))).not.toThrow();
  });
});

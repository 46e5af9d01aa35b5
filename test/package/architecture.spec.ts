import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { describe, expect, it } from '@jest/globals';

/** What each room of the house may import: rooms of the house, then packages. The first prefix that fits decides. */
const LAW: readonly (readonly [room: string, rooms: readonly string[], packages: RegExp])[] = [
  ['core/schedule/cron-schedule.ts', ['core/'], /^cron$/],
  ['core/schedule/schedule-description.ts', ['core/'], /^cronstrue$/],
  ['core/', ['core/'], /^(valibot|fastest-levenshtein)$/],
  ['ports/', ['core/', 'ports/'], /^$/],
  ['engine/', ['core/', 'ports/', 'engine/'], /^$/],
  ['adapters/system/', ['core/', 'ports/', 'adapters/system/'], /^node:/],
  ['adapters/ram/', ['core/', 'ports/', 'adapters/ram/'], /^$/],
  ['adapters/redis/', ['core/', 'ports/', 'adapters/redis/'], /^(ioredis|node:.*)$/],
  ['adapters/registry/', ['core/', 'ports/', 'adapters/registry/'], /^(cron|@nestjs\/schedule)$/],
  ['client/', ['core/', 'ports/', 'client/'], /^$/],
  ['observe/', ['core/', 'ports/', 'engine/', 'observe/'], /^(@opentelemetry\/api|rxjs)$/],
  ['fencing/', ['core/', 'fencing/'], /^node:/],
  ['health/', ['core/', 'client/', 'health/'], /^(@nestjs\/(common|terminus)|node:.*)$/],
  ['metrics/', ['core/', 'client/', 'metrics/'], /^(@nestjs\/common|prom-client)$/],
  [
    'cli/',
    ['core/', 'ports/', 'adapters/redis/', 'adapters/system/', 'client/', 'cli/'],
    /^(commander|cli-table3|js-yaml|node:.*)$/,
  ],
  [
    'testing/',
    [
      'core/',
      'ports/',
      'engine/control/job-registry.ts',
      'adapters/ram/',
      'adapters/registry/',
      'client/',
      'nest/',
      'testing/',
    ],
    /^(@nestjs\/(schedule|testing)|node:.*)$/,
  ],
  [
    '',
    [
      'core/',
      'ports/',
      'engine/',
      'adapters/',
      'decorators/',
      'interfaces/',
      'client/',
      'observe/',
      'nest/',
      '',
    ],
    /^(@nestjs\/(common|core|schedule|config|event-emitter)|rxjs|reflect-metadata|node:.*)$/,
  ],
];

/** Rooms that are subpaths, by the optional peer of each: their types never leak into the root. */
const SURFACES = { 'health/': '@nestjs/terminus', 'metrics/': 'prom-client' };

const lib = join(process.cwd(), 'lib');
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));

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

describe('the house', () => {
  it.each(files)('%s imports what its room may', file => {
    const [, rooms, packages] = LAW.find(([room]) => file.startsWith(room)) ?? ['', [], /^$/];
    for (const { to } of imports.filter(({ from }) => from === file)) {
      const allowed = to.endsWith('.ts')
        ? rooms.some(room => (room === '' ? !to.includes('/') : to.startsWith(room)))
        : packages.test(to);
      expect({ file, to, allowed }).toEqual({ file, to, allowed: true });
    }
  });

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

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

interface LuaModule {
  readonly luaText: (name: string) => string;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const files = readdirSync('dist', { recursive: true, encoding: 'utf8' }).toSorted();
const modules = files.filter(file => file.endsWith('.js'));
const declarations = files.filter(file => file.endsWith('.d.ts'));
const textOf = (file: string) => readFileSync(join('dist', file), 'utf8');
const isCommonJs = (file: string) => file.startsWith('cjs/');
const ENTRIES = ['index', 'fencing/index', 'health/index', 'metrics/index', 'testing/index'];

const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

const luaFilesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.lua'));

/** The packages that modules or declarations name. */
function packagesIn(texts: readonly string[]): readonly string[] {
  const names = texts.flatMap(text =>
    [...text.matchAll(/(?:\bfrom |\bimport |\brequire\(|\bimport\()['"]((?:@[\w-]+\/)?[\w.-]+)['"]/g)].map(
      ([, name = '']) => name,
    ),
  );
  return [...new Set(names)].filter(name => !name.startsWith('.')).toSorted();
}

describe('what ships', () => {
  it('reads nothing beside its modules: no import.meta', () => {
    expect(modules.length).toBeGreaterThan(10);
    expect(modules.filter(file => textOf(file).includes('import.meta'))).toEqual([]);
  });

  it('is few modules, because each costs time at start and a block on disk', () =>
    expect(modules.length).toBeLessThan(60));

  it('is JavaScript, declarations, and the licences of packages that it includes', () => {
    const others = files.filter(file => /\.\w+$/.test(file) && !/\.(js|d\.ts)$/.test(file));
    expect(others).toEqual(['cjs/package.json', 'licences.txt']);
    expect(textOf('licences.txt')).toMatch(
      /^cronstrue \d[^]*MIT License[^]*Copyright[^]*\nvalibot \d[^]*MIT License[^]*Copyright/,
    );
  });

  it('has every entry twice, with the same declarations, and the command line once', () => {
    for (const entry of ENTRIES)
      expect(files).toEqual(expect.arrayContaining([`${entry}.js`, `cjs/${entry}.js`]));
    const [theirs, ours] = [true, false].map(wanted =>
      declarations.filter(file => isCommonJs(file) === wanted),
    );
    expect(ours).toEqual(expect.arrayContaining(ENTRIES.map(entry => `${entry}.d.ts`)));
    expect(theirs).toEqual((ours ?? []).map(file => `cjs/${file}`));
    for (const file of ours ?? []) expect(textOf(`cjs/${file}`)).toBe(textOf(file));
    expect(modules.filter(file => /(^|\/)cli\//.test(file))).toEqual(['cli/main.js']);
    expect(textOf('cli/main.js')).toMatch(/^#!/);
  });

  it('names no package that is not installed with it', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
    const known = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    const named = packagesIn([...modules, ...declarations].map(textOf)).filter(
      name => !name.includes('node:'),
    );
    expect(named).toEqual(expect.arrayContaining(['@nestjs/common', 'cron', 'ioredis', 'commander', 'rxjs']));
    expect(named.filter(name => !known.includes(name))).toEqual([]);
  });

  it('has no import() in its CommonJS modules, which jest refuses without a flag of Node', () => {
    const texts = modules.filter(isCommonJs).map(textOf);
    expect(texts.filter(text => /\bimport\(/.test(text))).toEqual([]);
    expect(texts.filter(text => text.includes("require('@nestjs/config')"))).toHaveLength(1);
  });

  it('is ASCII, which V8 keeps at one byte a letter', () =>
    expect(modules.filter(file => /[^\0-\x7f]/.test(textOf(file)))).toEqual([]));

  it('keeps the names of classes and functions that logs and errors show', () => {
    const texts = modules.map(textOf);
    expect(texts.filter(text => /\bclass \w+\$\d/.test(text))).toEqual([]);
    for (const name of ['ScheduleModule', 'LeaderService', 'InvalidOptionsError'])
      expect(texts.filter(text => text.includes(`class ${name} `))).toHaveLength(2);
  });
});

describe('Lua in what ships', () => {
  it.each(['adapters/redis', 'fencing'])('has the Lua files of %s as they are', async folder => {
    const { luaText } = (await import(
      join(process.cwd(), '.build/modules', folder, 'lua-text.js')
    )) as LuaModule;
    const source = join('lib', folder, 'scripts');
    const names = luaFilesOf(source);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const text = readFileSync(join(source, name), 'utf8');
      expect(luaText(name.replace('.lua', ''))).toBe(text);
      const literal = text.replace(/[\\`]|\$\{/g, '\\$&').replace(/[^\0-\x7f]/g, escaped);
      expect(modules.filter(file => textOf(file).includes(`\`${literal}\``))).toHaveLength(2);
    }
    expect(() => luaText('none')).toThrow(`lib/${folder}/scripts/none.lua is not in this package`);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

interface LuaModule {
  readonly luaText: (name: string) => string;
}

const files = readdirSync('dist', { recursive: true, encoding: 'utf8' }).toSorted();
const modules = files.filter(file => file.endsWith('.js'));

const luaFilesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.lua'));

describe('what ships', () => {
  it('reads nothing beside its modules: no import.meta', () => {
    expect(modules.length).toBeGreaterThan(100);
    expect(modules.filter(file => readFileSync(join('dist', file), 'utf8').includes('import.meta'))).toEqual(
      [],
    );
  });

  it('is JavaScript and declarations', () => {
    const others = files.filter(file => /\.\w+$/.test(file) && !/\.(js|d\.ts)$/.test(file));
    expect(others).toEqual(['cjs/package.json']);
  });

  it('has every module but those of the command line twice, with the same declarations', () => {
    const [ours, theirs] = [true, false].map(isCommonJs =>
      files.filter(file => /\.(js|ts)$/.test(file) && file.startsWith('cjs/') === isCommonJs),
    );
    const esm = (theirs ?? []).filter(file => !file.startsWith('cli/'));
    expect(ours).toEqual(esm.map(file => `cjs/${file}`));
    for (const file of esm.filter(one => one.endsWith('.d.ts')))
      expect(readFileSync(join('dist/cjs', file), 'utf8')).toBe(readFileSync(join('dist', file), 'utf8'));
  });

  it('has no import() in its CommonJS modules, which jest refuses without a flag of Node', () => {
    const texts = modules
      .filter(file => file.startsWith('cjs/'))
      .map(file => readFileSync(join('dist', file), 'utf8'));
    expect(texts.filter(text => /^(?! \*).*\bimport\(/m.test(text))).toEqual([]);
    expect(texts.filter(text => text.includes("require('@nestjs/config')"))).toHaveLength(1);
  });

  it.each(['adapters/redis', 'fencing', 'cjs/adapters/redis', 'cjs/fencing'])(
    'has the Lua files of %s as they are, each named',
    async folder => {
      const built = join(process.cwd(), 'dist', folder, 'lua-text.js');
      const { luaText } = (await import(built)) as LuaModule;
      const source = join('lib', folder.replace('cjs/', ''), 'scripts');
      const names = luaFilesOf(source);
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) {
        expect(luaText(name.replace('.lua', ''))).toBe(readFileSync(join(source, name), 'utf8'));
        expect(readFileSync(built, 'utf8')).toContain(`// ${join(source, name)}\n`);
      }
      expect(() => luaText('none')).toThrow('scripts/none.lua is not in this package');
    },
  );
});

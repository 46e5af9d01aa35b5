import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { compileLua } from '../../../../simulation/redis-double/lua/lua-compiler.js';
import { LuaTable } from '../../../../simulation/redis-double/lua/lua-table.js';

const READER = readFileSync('lib/adapters/redis/scripts/shared/arguments.lua', 'utf8');

/** Runs a script behind the reader. */
function read(script: string, keys: string[], args: string[]): unknown {
  const redis = { call: () => undefined, pcall: () => undefined };
  const result = compileLua(`${READER}\n${script}`)(new LuaTable(keys), new LuaTable(args), redis);
  return result instanceof LuaTable ? result.list : result;
}

const ITEMS = `
  local found = {}
  for item in items do
    table.insert(found, item.job .. ' ' .. item.index .. ' ' .. item.name)
  end
  return found
`;

describe('The reader of arguments', () => {
  it('names the first keys and arguments', () => {
    const script = `
      local keys, args = arguments({ keys = { 'lease', 'jobs' }, args = { 'id', 'token' } })
      return { keys.lease, keys.jobs, args.id, args.token }
    `;
    expect(read(script, ['L', 'J'], ['pod', '7'])).toEqual(['L', 'J', 'pod', '7']);
  });

  it('iterates over items, each with its keys and its arguments', () => {
    const script = `
      local _, _, items = arguments({ keys = { 'lease' }, args = { 'id' }, itemKeys = { 'job', 'index' },
        itemArgs = { 'name' } })
      ${ITEMS}
    `;
    expect(read(script, ['L', 'j1', 'i1', 'j2', 'i2'], ['pod', 'a', 'b'])).toEqual(['j1 i1 a', 'j2 i2 b']);
    expect(read(script, ['L'], ['pod'])).toEqual([]);
  });

  it('reads keys that stand by column', () => {
    const script = `
      local _, _, items = arguments({ keys = { 'lease' }, args = {}, itemKeys = { 'job', 'index' },
        itemArgs = { 'name' }, byColumn = true })
      ${ITEMS}
    `;
    expect(read(script, ['L', 'j1', 'j2', 'i1', 'i2'], ['a', 'b'])).toEqual(['j1 i1 a', 'j2 i2 b']);
  });

  it('counts items by their arguments where they have no keys', () => {
    const script = `
      local _, _, items = arguments({ keys = {}, args = { 'id' }, itemArgs = { 'name', 'text' } })
      local found = {}
      for item in items do
        table.insert(found, item.name .. item.text)
      end
      return found
    `;
    expect(read(script, [], ['pod', 'a', '1', 'b', '2'])).toEqual(['a1', 'b2']);
  });

  it('leaves the arguments behind the items as a list', () => {
    const script = `
      local _, _, _, rest = arguments({ keys = {}, args = { 'id' }, itemKeys = { 'job' }, itemArgs = { 'name' } })
      return rest
    `;
    expect(read(script, ['j1', 'j2'], ['pod', 'a', 'b', 'x', 'y'])).toEqual(['x', 'y']);
    expect(read(script, [], ['pod'])).toEqual([]);
  });
});

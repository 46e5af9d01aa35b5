import { libraries } from './lua-library.js';
import { stringLibrary } from './lua-string.js';
import { tableOf, type LuaTable } from './lua-table.js';
import * as values from './lua-values.js';

/** The names that the JavaScript of a compiled script can use. */
export const surroundings = {
  ...values,
  ...libraries,
  tableOf,
  method: (holder: unknown, name: string): values.LuaFunction => {
    if (typeof holder !== 'string')
      throw values.failure(`attempt to index a ${values.typeName(holder)} value`);
    return (...args) => values.callable(stringLibrary[name])(holder, ...args);
  },
  unknown: (name: string): never => {
    throw values.failure(`Script attempted to access nonexistent global variable '${name}'`);
  },
  withEntries: (table: LuaTable, entries: readonly (readonly [unknown, unknown])[]): LuaTable => {
    for (const [key, value] of entries) values.assign(table, key, value);
    return table;
  },
};

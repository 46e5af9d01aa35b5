import { LuaTable } from './lua-table.js';

/** The exception that `error` raises; Redis raises a table with the field `err`. */
export class LuaError extends Error {
  constructor(readonly value: unknown) {
    super(String(value instanceof LuaTable ? value.get('err') : value));
  }
}

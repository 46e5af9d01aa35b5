import { LuaError } from './lua/lua-error.js';
import { numberToArgument } from './lua/lua-number.js';
import { LuaTable } from './lua/lua-table.js';
import { first } from './lua/lua-values.js';
import { RedisError, Status, type Reply } from './reply.js';

const OK = LuaTable.of({ ok: 'OK' });

/** A reply as a script sees it: null is false, statuses and errors are tables. */
export function toLua(reply: Reply): unknown {
  if (typeof reply === 'string' || typeof reply === 'number') return reply;
  if (reply === null) return false;
  if (reply instanceof Status) return reply === Status.ok ? OK : LuaTable.of({ ok: reply.text });
  if (reply instanceof RedisError) return LuaTable.of({ err: reply.message });
  return new LuaTable(reply.map(toLua));
}

/** Converts a result of a script to a reply: numbers lose their fraction, a table ends at its first nil. */
export function fromLua(returned: unknown): Reply {
  const value = first(returned);
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Math.trunc(value) + 0;
  if (value === true) return 1;
  return value instanceof LuaTable ? fromTable(value) : null;
}

function fromTable(table: LuaTable): Reply {
  const error = table.get('err');
  if (typeof error === 'string') return new RedisError(error);
  const status = table.get('ok');
  if (typeof status === 'string') return new Status(status);
  const end = table.list.indexOf(undefined);
  return (end < 0 ? table.list : table.list.slice(0, end)).map(fromLua);
}

/** The arguments of `redis.call` as those of a command. */
export function commandOf(args: readonly unknown[]): string[] {
  if (args.length === 0) throw raised('ERR Please specify at least one argument for this redis.call() call');
  return args.map(value => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return numberToArgument(value);
    throw raised('ERR Lua redis lib command arguments must be strings or integers');
  });
}

/** An error as `redis.call` raises it. */
export function raised(message: string): LuaError {
  return new LuaError(LuaTable.of({ err: message }));
}

/** The error table that `redis.error_reply` creates from a text: the first word is the code, if it is marked as one. */
export function errorReply(text: unknown): LuaTable {
  if (typeof text !== 'string') throw raised('ERR wrong number or type of arguments');
  const message = text.startsWith('-') ? text.slice(1) : text;
  return LuaTable.of({ err: message.includes(' ') ? message : `ERR ${message}` });
}

/** The reply to a script that failed. */
export function failedScript(error: LuaError, sha: string): RedisError {
  const { value } = error;
  const isTable = value instanceof LuaTable && typeof value.get('err') === 'string';
  return new RedisError(`${isTable ? '' : 'ERR '}${error.message} script: ${sha}, on @user_script:1.`);
}

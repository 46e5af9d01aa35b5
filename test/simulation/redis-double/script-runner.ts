import { LuaError } from './lua/lua-error.js';
import type { RedisLibrary } from './lua/lua-compiler.js';
import { LuaTable } from './lua/lua-table.js';
import { argumentError, integer, RedisError, Status, type Reply } from './reply.js';
import { scriptOf, type KnownScript } from './script-cache.js';
import { commandOf, errorReply, failedScript, fromLua, raised, toLua } from './script-values.js';

/** EVAL, EVALSHA and SCRIPT of one server. */
export class ScriptRunner {
  private readonly known = new Map<string, KnownScript>();

  /** @param call executes a command for a script; throws `RedisError` */
  constructor(private readonly call: (name: string, args: readonly string[]) => Reply) {}

  evaluate(args: readonly string[]): Reply {
    const [, text = ''] = args;
    const script = scriptOf(text);
    this.known.set(script.sha, script);
    return this.run(script, args);
  }

  evaluateKnown(args: readonly string[]): Reply {
    const [, sha = ''] = args;
    const script = this.known.get(sha.toLowerCase());
    if (script === undefined) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.');
    return this.run(script, args);
  }

  manage([, what = '', ...args]: readonly string[]): Reply {
    switch (what.toUpperCase()) {
      case 'LOAD': {
        const script = scriptOf(args[0] ?? '');
        this.known.set(script.sha, script);
        return script.sha;
      }
      case 'EXISTS':
        return args.map(sha => (this.known.has(sha) ? 1 : 0));
      case 'FLUSH':
        this.forget();
        return Status.ok;
      default:
        throw new RedisError(`ERR unknown subcommand '${what}'. Try SCRIPT HELP.`);
    }
  }

  /** As a server that starts anew, or a replica that is promoted. */
  forget(): void {
    this.known.clear();
  }

  private run(script: KnownScript, [name = '', , count, ...rest]: readonly string[]): Reply {
    if (count === undefined) throw argumentError.count(name);
    const keys = integer(count);
    if (keys < 0) throw new RedisError("ERR Number of keys can't be negative");
    if (keys > rest.length) throw new RedisError("ERR Number of keys can't be greater than number of args");
    try {
      return fromLua(
        script.run(new LuaTable(rest.slice(0, keys)), new LuaTable(rest.slice(keys)), this.redis),
      );
    } catch (error) {
      if (error instanceof LuaError) return failedScript(error, script.sha);
      throw error;
    }
  }

  private readonly redis: RedisLibrary = {
    call: (...values) => {
      const reply = this.called(values);
      if (reply instanceof RedisError) throw raised(reply.message);
      return toLua(reply);
    },
    pcall: (...values) => {
      try {
        return toLua(this.called(values));
      } catch (error) {
        if (error instanceof LuaError) return error.value;
        throw error;
      }
    },
    error_reply: errorReply,
    status_reply: (text: unknown) => LuaTable.of({ ok: text }),
    log: () => undefined,
    LOG_DEBUG: 0,
    LOG_VERBOSE: 1,
    LOG_NOTICE: 2,
    LOG_WARNING: 3,
  };

  private called(values: readonly unknown[]): Reply {
    const args = commandOf(values);
    try {
      return this.call(args[0] ?? '', args);
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }
}

/*
 * A Redis in memory: the data, the commands and the scripts of one server, without network and without time of
 * its own. Connections, replicas and faults, which the simulator needs as well, are implemented around it.
 */
import { collectionCommands } from './collection-commands.js';
import type { Command } from './command.js';
import { keyCommands } from './key-commands.js';
import { Keyspace } from './keyspace.js';
import { argumentError, RedisError, type Reply } from './reply.js';
import { ScriptRunner } from './script-runner.js';
import { commandsForScripts, serverCommands, type ServerState, type Session } from './server-commands.js';
import { sortedSetCommands } from './sorted-set-commands.js';

const DATA_COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ ...keyCommands, ...collectionCommands, ...sortedSetCommands }),
);
const SUBSCRIBER_COMMANDS: ReadonlySet<string> = new Set(['SUBSCRIBE', 'UNSUBSCRIBE', 'PING', 'HELLO']);
const NO_CLIENT: Session = { channels: new Set(), protocol: 2, onMessage: () => undefined };

export class RedisDouble implements ServerState {
  readonly data = new Keyspace();
  readonly sessions = new Set<Session>();
  readonly scripts = new ScriptRunner((name, args) =>
    this.aroundScriptCommand(args, () => this.fromScript(name, args)),
  );
  /** Commands that an ACL forbids, in capitals. */
  readonly forbidden = new Set<string>();
  isReadOnly = false;
  /** Whether `maxmemory` is reached. */
  isFull = false;
  maxProtocol: 2 | 3 = 3;
  info: Readonly<Record<string, string | number>> = {
    redis_version: '7.0.15',
    role: 'master',
    connected_slaves: 0,
  };
  nowMicros = 0;
  /** Stands around each command of a script. */
  aroundScriptCommand: (args: readonly string[], run: () => Reply) => Reply = (_, run) => run();

  /** Whether the script that runs has written: what follows is not refused when memory is full. */
  private scriptHasWritten = false;

  /** @param clock Unix time in milliseconds, with a fraction; read once per command */
  constructor(private readonly clock: () => number) {}

  /** Executes one command. Errors are replies. */
  execute(session: Session, args: readonly string[]): Reply {
    this.nowMicros = Math.floor(this.clock() * 1000);
    this.data.nowMs = Math.floor(this.nowMicros / 1000);
    try {
      return this.fromOutside(session, args);
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }

  private fromOutside(session: Session, args: readonly string[]): Reply {
    const name = args[0]?.toUpperCase() ?? '';
    if (session.protocol === 2 && session.channels.size > 0 && !SUBSCRIBER_COMMANDS.has(name)) {
      throw new RedisError(
        `ERR Can't execute '${name.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
      );
    }
    if (this.forbidden.has(name))
      throw new RedisError(`NOPERM this user has no permissions to run the '${name.toLowerCase()}' command`);
    this.scriptHasWritten = false;
    switch (name) {
      case 'EVAL':
        return this.scripts.evaluate(args);
      case 'EVALSHA':
        return this.scripts.evaluateKnown(args);
      case 'SCRIPT':
        return this.scripts.manage(args);
    }
    const serve = serverCommands[name];
    if (serve !== undefined) return serve(this, session, args);
    const command = DATA_COMMANDS.get(name);
    if (command === undefined)
      throw new RedisError(`ERR unknown command '${args[0]}', with args beginning with: ${quoted(args)}`);
    if (!takes(command, args)) throw argumentError.count(name);
    return this.onData(command, args);
  }

  private fromScript(name: string, args: readonly string[]): Reply {
    const command = DATA_COMMANDS.get(name) ?? DATA_COMMANDS.get(name.toUpperCase());
    if (this.forbidden.size > 0 && this.forbidden.has(name.toUpperCase()))
      throw new RedisError("ERR The user executing the script can't run this command or subcommand");
    if (command !== undefined) {
      if (!takes(command, args))
        throw new RedisError('ERR Wrong number of args calling Redis command from script');
      return this.onData(command, args);
    }
    const serve = commandsForScripts.has(name.toUpperCase()) ? serverCommands[name.toUpperCase()] : undefined;
    if (serve === undefined) throw new RedisError('ERR Unknown Redis command called from script');
    return serve(this, NO_CLIENT, args);
  }

  private onData(command: Command, args: readonly string[]): Reply {
    if (command.kind !== 'read') {
      if (this.isReadOnly) throw new RedisError("READONLY You can't write against a read only replica.");
      if (this.isFull && command.kind === 'grow' && !this.scriptHasWritten)
        throw new RedisError("OOM command not allowed when used memory > 'maxmemory'.");
      this.scriptHasWritten = true;
    }
    return command.run(this.data, args);
  }
}

function takes({ min, max }: Command, args: readonly string[]): boolean {
  return args.length > min && args.length - 1 <= max;
}

function quoted(args: readonly string[]): string {
  return args
    .slice(1)
    .map(arg => `'${arg}' `)
    .join('');
}

/** Repeats on a replica's data what its master has written. */
export function replicate(data: Keyspace, command: readonly string[]): void {
  DATA_COMMANDS.get(command[0] ?? '')?.run(data, command);
}

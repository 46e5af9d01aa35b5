import { RedisError, Status, type Reply } from './reply.js';

/** One server's side of a connection. */
export interface Session {
  readonly channels: Set<string>;
  protocol: 2 | 3;
  readonly onMessage: (channel: string, message: string) => void;
}

/** The state of the server that commands about it need. */
export interface ServerState {
  readonly sessions: ReadonlySet<Session>;
  /** The highest protocol that it speaks. */
  readonly maxProtocol: 2 | 3;
  /** Facts for INFO, by field. */
  readonly info: Readonly<Record<string, string | number>>;
  /** Unix time in microseconds. */
  readonly nowMicros: number;
}

type Serve = (server: ServerState, session: Session, args: readonly string[]) => Reply;

/** Commands that are not about data. Replies are those that ioredis hands on. */
export const serverCommands: Readonly<Record<string, Serve>> = {
  CLIENT: () => Status.ok,
  HELLO: hello,
  INFO: ({ info }) =>
    Object.entries(info)
      .map(([field, value]) => `${field}:${value}\r\n`)
      .join(''),
  PING: (_server, _session, [, message]) => message ?? new Status('PONG'),
  PUBLISH: publish,
  PUBSUB: subscribers,
  SELECT: () => Status.ok,
  SUBSCRIBE: (_, { channels }, [, ...names]) => {
    for (const channel of names) channels.add(channel);
    return channels.size;
  },
  TIME: ({ nowMicros }) => [String(Math.floor(nowMicros / 1e6)), String(nowMicros % 1e6)],
  UNSUBSCRIBE: (_, { channels }, [, ...names]) => {
    for (const channel of names.length > 0 ? names : [...channels]) channels.delete(channel);
    return channels.size;
  },
};

/** Those of them that a script may call. */
export const commandsForScripts: ReadonlySet<string> = new Set(['TIME', 'PUBLISH', 'PUBSUB', 'PING', 'INFO']);

function hello({ maxProtocol, info }: ServerState, session: Session, [, version]: readonly string[]): Reply {
  if (version !== undefined) {
    if (version !== '2' && !(version === '3' && maxProtocol === 3))
      throw new RedisError('NOPROTO unsupported protocol version');
    session.protocol = version === '3' ? 3 : 2;
  }
  const fields = { server: 'redis', version: '7.0.15', proto: session.protocol, id: 1, mode: 'standalone' };
  return [...Object.entries(fields).flat(), 'role', String(info['role']), 'modules', []];
}

function publish(
  { sessions }: ServerState,
  _: Session,
  [, channel = '', message = '']: readonly string[],
): number {
  const receivers = [...sessions].filter(({ channels }) => channels.has(channel));
  for (const receiver of receivers) receiver.onMessage(channel, message);
  return receivers.length;
}

function subscribers(
  { sessions }: ServerState,
  _: Session,
  [, what = '', ...names]: readonly string[],
): Reply {
  if (what.toUpperCase() !== 'NUMSUB')
    throw new RedisError(`ERR unknown subcommand '${what}'. Try PUBSUB HELP.`);
  const count = (channel: string) => [...sessions].filter(({ channels }) => channels.has(channel)).length;
  return names.flatMap(channel => [channel, count(channel)]);
}

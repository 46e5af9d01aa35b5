import type { Client } from '../../../lib/adapters/redis/connection/redis-client.js';
import type { Script } from '../../../lib/adapters/redis/redis-scripts.js';
import { RedisDouble } from '../redis-double/redis-double.js';
import { RedisError, Status, type Reply } from '../redis-double/reply.js';
import type { Session } from '../redis-double/server-commands.js';

/** The work of Redis for one call of a script. */
export interface Cost {
  /** Commands inside the script. */
  readonly commands: number;
  /** Arguments and entries of answers of those commands, and of the script itself. */
  readonly entries: number;
}

export type NamedScripts = ReadonlyMap<string, Script>;

/** Commands that take no longer than their arguments and their answer say, or the logarithm of what is stored. */
const MEASURED = new Set(
  [
    ['GET', 'SET', 'PTTL', 'PEXPIRE', 'TIME', 'PUBLISH', 'PUBSUB', 'UNLINK'],
    ['HGET', 'HSET', 'HDEL', 'HMGET', 'HEXISTS', 'HINCRBY', 'HLEN', 'HSCAN', 'HRANDFIELD', 'HGETALL'],
    ['SADD', 'SREM', 'SCARD', 'SSCAN', 'SMEMBERS', 'ZADD', 'ZREM', 'ZCARD', 'ZCOUNT', 'ZSCORE'],
    ['ZRANGE', 'ZREVRANGE', 'ZRANGEBYSCORE', 'ZREVRANGEBYSCORE', 'ZREVRANK'],
  ].flat(),
);

/** The double, with a client on it that notes what each call of a script costs. */
export class MeteredRedis {
  nowMs = Date.UTC(2030, 0, 1);
  readonly double = new RedisDouble(() => this.nowMs);
  readonly client: Client;
  private readonly session: Session = { channels: new Set(), protocol: 2, onMessage: () => undefined };
  private readonly costs = new Map<string, Cost>();
  private commands = 0;
  private entries = 0;

  constructor(private readonly scripts: NamedScripts) {
    this.double.sessions.add(this.session);
    this.double.aroundScriptCommand = (args, run) => this.count(args, run);
    for (const { lua } of scripts.values()) this.execute('SCRIPT', 'LOAD', lua);
    this.client = this.makeClient();
  }

  execute(...args: readonly (string | number)[]): Reply {
    const reply = this.double.execute(this.session, args.map(String));
    if (reply instanceof RedisError) throw reply;
    return reply;
  }

  /** The highest costs of a call of each script since the last time, by its name. */
  take(): ReadonlyMap<string, Cost> {
    const costs = new Map(this.costs);
    this.costs.clear();
    return costs;
  }

  private count(args: readonly string[], run: () => Reply): Reply {
    const [name = '', key = ''] = args;
    this.commands += 1;
    this.entries += args.length;
    // A key that holds one value.
    const isSmall = name === 'DEL' && typeof this.double.data.value(key) === 'string';
    if (!MEASURED.has(name) && !isSmall) throw new Error(`What does ${name} cost in a script?`);
    const reply = run();
    this.entries += entriesOf(reply);
    return reply;
  }

  private evalsha(sha: string, ...rest: readonly (string | number)[]): Promise<unknown> {
    this.commands = 0;
    this.entries = rest.length;
    const reply = this.execute('EVALSHA', sha, ...rest);
    const [name = sha] = [...this.scripts].find(([, { sha1 }]) => sha1 === sha) ?? [];
    const known = this.costs.get(name);
    this.costs.set(name, {
      commands: Math.max(this.commands, known?.commands ?? 0),
      entries: Math.max(this.entries + entriesOf(reply), known?.entries ?? 0),
    });
    return Promise.resolve(reply);
  }

  private makeClient(): Client {
    const plain =
      (name: string) =>
      (...args: readonly (string | number)[]) => {
        const reply = this.execute(name, ...args);
        return Promise.resolve(reply instanceof Status ? reply.text : reply);
      };
    const client = {
      status: 'ready',
      isCluster: false,
      on: (event: string, listener: () => void) => {
        if (event === 'ready') listener();
        return client;
      },
      once: () => client,
      disconnect: () => undefined,
      evalsha: (sha: string, ...rest: readonly (string | number)[]) => this.evalsha(sha, ...rest),
      get: plain('GET'),
      set: plain('SET'),
      hget: plain('HGET'),
      hdel: plain('HDEL'),
      publish: plain('PUBLISH'),
      subscribe: () => Promise.resolve(),
    };
    return client as unknown as Client;
  }
}

function entriesOf(reply: Reply): number {
  return Array.isArray(reply) ? reply.reduce((sum: number, item) => sum + entriesOf(item as Reply), 0) : 1;
}

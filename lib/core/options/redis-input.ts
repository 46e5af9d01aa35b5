/**
 * Where Redis is. All forms are handed to ioredis; nothing here needs its types, so that an application in RAM
 * mode compiles without it.
 *
 * - a URL: `redis://user:password@host:6379/0`, `rediss://…` for TLS
 * - ioredis options of one server, or with `sentinels` and `name` those of a Sentinel set-up
 * - `nodes` (and `options`): a Redis Cluster
 * - a ready client: it is neither used for commands nor ever closed; connections of our own are made like it
 * - a factory: called once per connection; its clients are ours and are closed at shutdown
 *
 * The election needs connections that fail fast, so offline queue, retries and timeouts are always ours. A
 * `keyPrefix` is not applied: use `leader.key`.
 *
 * @default `redis://localhost:6379`
 */
export type RedisInput = string | RedisServerOptions | RedisClusterOptions | RedisClient | RedisFactory;

/** ioredis options of one server, or of a Sentinel set-up. Other options of ioredis are passed on. */
export interface RedisServerOptions {
  readonly host?: string;
  readonly port?: number;
  /** A Unix socket. */
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: object;
  readonly sentinels?: readonly { readonly host?: string; readonly port?: number }[];
  /** Name of the master that the Sentinels watch. */
  readonly name?: string;
  readonly [option: string]: unknown;
}

/** A Redis Cluster: its start-up nodes and ioredis's ClusterOptions. */
export interface RedisClusterOptions {
  readonly nodes: readonly (string | { readonly host?: string; readonly port?: number })[];
  readonly options?: { readonly [option: string]: unknown };
}

/** The members that are needed of a client of ioredis (`Redis` or `Cluster`). */
export interface RedisClient {
  readonly status: string;
  /** Makes a client like it, with other options. */
  duplicate(...overrides: never[]): unknown;
  /** Closes its connection. */
  disconnect(reconnect?: boolean): void;
}

/** Makes one connection. Must return a new client at every call, made with the options it is given. */
export type RedisFactory = (connection: RedisConnectionRequest) => RedisClient;

/** The argument of a connection factory: one connection. */
export interface RedisConnectionRequest {
  /**
   * `lease` carries the election's commands, `runs` those of ticks and runs, `events` listens for resignations.
   * `presence` shows that this process lives: made only where the connection for the lease speaks RESP2: with ioredis 5, `protocol: 2`, or a server without HELLO.
   */
  readonly role: 'lease' | 'events' | 'runs' | 'presence';
  /** ioredis options that the connection needs; spread them last. */
  readonly options: { readonly [option: string]: unknown };
}

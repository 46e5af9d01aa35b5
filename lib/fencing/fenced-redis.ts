import { createHash } from 'node:crypto';

import type { Duration } from '../core/options/duration.js';
import { InvalidOptionsError, StaleTermError } from '../core/errors/errors.js';
import { hashTag } from '../core/options/hash-tag.js';
import { OptionProblem } from '../core/options/option-field.js';
import { at } from '../core/options/option-path.js';
import { duration } from '../core/options/option-readers.js';
import { assertOneKey, type FencedArgument, type FencedCommand } from './fenced-command.js';
import { luaText } from './lua-text.js';

const LUA = `-- fenced-write.lua\n${luaText('fenced-write')}`;
const SHA1 = createHash('sha1').update(LUA).digest('hex');
const MIN_TTL_MS = 60_000;
const MAX_TTL_MS = 3650 * 24 * 3_600_000;

/** The members that are needed of a client: `Redis` and `Cluster` of ioredis 5 and 6 have them. */
export interface FencingClient {
  /** Runs a script that the server knows. */
  evalsha(
    sha1: string,
    numberOfKeys: number,
    ...keysAndArguments: (string | number | Buffer)[]
  ): Promise<unknown>;
  /** Runs a script that it may not know yet. */
  eval(
    lua: string,
    numberOfKeys: number,
    ...keysAndArguments: (string | number | Buffer)[]
  ): Promise<unknown>;
  /** Read for `keyPrefix`. */
  readonly options?: object;
}

/** The source of the token of a write: a `JobContext` or a `Term`. */
export interface FencingToken {
  readonly token: number;
}

/** Options of `FencedRedis`. */
export interface FencedRedisOptions {
  /**
   * How long a fence outlives the last write of its key; 1 minute to 87600 hours. A writer that comes later than
   * that is let in, however old its token is. Worth giving where keys come and go, as with a date in their name:
   * without it each leaves a small key behind.
   * @default none: a fence never expires
   */
  readonly ttl?: Duration;
}

/**
 * Writes to Redis that a term which is over cannot make: a write is applied only if no newer fencing token has
 * written its key before. Check and write are one script, so no pause of the process comes between them.
 *
 * The token is kept beside the key, in `{<key>}:fence-token` (`<key>:fence-token` where the key has a hash tag), in
 * the same slot of a cluster. All writers of a key must write through a `FencedRedis`, with tokens of one scheduler.
 */
export class FencedRedis {
  private readonly ttlMs: number;

  /**
   * @param redis the application's own client; it is used as it is, and never closed
   */
  constructor(
    private readonly redis: FencingClient,
    { ttl }: FencedRedisOptions = {},
  ) {
    this.ttlMs = ttl === undefined ? 0 : readTtl(ttl);
  }

  /**
   * Runs a command on one key, and resolves to its reply. Rejects with `StaleTermError` when a newer token has
   * written the key: nothing is written then. An equal token writes. An error of the command itself (`WRONGTYPE`)
   * is passed on, and leaves the key open to older tokens as before. Waits and retries as the client does.
   */
  async write(
    { token }: FencingToken,
    command: FencedCommand,
    key: string,
    ...args: readonly FencedArgument[]
  ): Promise<unknown> {
    assertToken(token);
    assertOneKey(command, args);
    const [outcome, value] = await this.run(
      [key, fenceOf(key, this.prefix())],
      [token, this.ttlMs, command, ...args.map(asIoredisTakesIt)],
    );
    if (outcome === 'stale') throw staleTerm(key, token, value);
    return value;
  }

  /** ioredis puts it before both keys, so it takes part in the choice of the slot. */
  private prefix(): string {
    const prefix = at(this.redis.options, 'keyPrefix');
    if (prefix instanceof Uint8Array) return Buffer.from(prefix).toString();
    return typeof prefix === 'string' ? prefix : '';
  }

  /** By digest; with the text only when the server does not know the script (yet, or any more). */
  private async run(
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<readonly unknown[]> {
    try {
      return (await this.redis.evalsha(SHA1, keys.length, ...keys, ...args)) as readonly unknown[];
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return (await this.redis.eval(LUA, keys.length, ...keys, ...args)) as readonly unknown[];
    }
  }
}

/** Where the token of a key's last write is kept: in the slot of the key. */
function fenceOf(key: string, prefix: string): string {
  const whole = prefix + key;
  if (hashTag(whole) !== undefined) return `${key}:fence-token`;
  if (!whole.includes('}') && !prefix.includes('{') && key !== '') return `{${whole}}:fence-token`;
  throw new InvalidOptionsError({
    problem: 'This key cannot be fenced: no other key can be named that is in its slot for certain',
    received: key,
    remedy: "Give a key without a lone '}', or one with a hash tag, such as 'a:{b}:c'",
  });
}

function assertToken(token: unknown): void {
  if (Number.isSafeInteger(token)) return;
  throw new InvalidOptionsError({
    problem: 'A fenced write needs a fencing token',
    received: token,
    remedy: "Pass the handler's JobContext, or LeaderService's term",
  });
}

function asIoredisTakesIt(arg: FencedArgument): string | number | Buffer {
  return typeof arg === 'object' ? Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength) : arg;
}

function staleTerm(key: string, token: number, newer: unknown): StaleTermError {
  return new StaleTermError({
    problem: `A newer term has written ${key}`,
    received: { token, newer: Number(newer) },
    remedy: 'End this run: its term is over, and nothing was written',
  });
}

function readTtl(ttl: unknown): number {
  try {
    return duration(MIN_TTL_MS, MAX_TTL_MS)(ttl, 'code');
  } catch (problem) {
    if (!(problem instanceof OptionProblem)) throw problem;
    throw new InvalidOptionsError({
      problem: 'FencedRedis has an invalid ttl',
      received: ttl,
      remedy: problem.message,
    });
  }
}

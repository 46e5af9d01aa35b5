import { InvalidOptionsError } from '../core/errors/errors.js';

/*
 * The commands that may be fenced: writes that touch one key, their first argument. The list names these and not the
 * others: a command with more keys would write them past the fence, in silence.
 */
const OF_A_STRING = [
  'SET',
  'SETEX',
  'PSETEX',
  'SETNX',
  'SETRANGE',
  'GETSET',
  'GETDEL',
  'GETEX',
  'APPEND',
  'INCR',
  'INCRBY',
  'INCRBYFLOAT',
  'DECR',
  'DECRBY',
  'SETBIT',
  'BITFIELD',
  'PFADD',
] as const;
const OF_ANY_KEY = ['DEL', 'UNLINK', 'EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT', 'PERSIST'] as const;
const OF_A_HASH = ['HSET', 'HMSET', 'HSETNX', 'HINCRBY', 'HINCRBYFLOAT', 'HDEL'] as const;
const OF_A_LIST = [
  'LPUSH',
  'RPUSH',
  'LPUSHX',
  'RPUSHX',
  'LPOP',
  'RPOP',
  'LSET',
  'LREM',
  'LTRIM',
  'LINSERT',
] as const;
const OF_A_SET = ['SADD', 'SREM', 'SPOP'] as const;
const OF_A_SORTED_SET = [
  'ZADD',
  'ZINCRBY',
  'ZREM',
  'ZREMRANGEBYRANK',
  'ZREMRANGEBYSCORE',
  'ZREMRANGEBYLEX',
  'ZPOPMIN',
  'ZPOPMAX',
  'GEOADD',
] as const;
const OF_A_STREAM = ['XADD', 'XDEL', 'XTRIM', 'XACK'] as const;

const FENCED_COMMANDS = [
  ...OF_A_STRING,
  ...OF_ANY_KEY,
  ...OF_A_HASH,
  ...OF_A_LIST,
  ...OF_A_SET,
  ...OF_A_SORTED_SET,
  ...OF_A_STREAM,
];

/** A command that writes one key. */
export type FencedCommand = (typeof FENCED_COMMANDS)[number];

/** An argument after the key. */
export type FencedArgument = string | number | Uint8Array;

/** Of these a second argument would be a second key. */
const WITHOUT_ARGUMENTS: readonly string[] = ['DEL', 'UNLINK'];

/** Throws `InvalidOptionsError` where more than the one key would be touched. */
export function assertOneKey(command: string, args: readonly FencedArgument[]): void {
  if (!FENCED_COMMANDS.some(known => known === command)) {
    throw new InvalidOptionsError({
      problem: 'This command cannot be fenced: it is not known to write one key only',
      received: command,
      remedy: `Give one of ${FENCED_COMMANDS.join(', ')}, in capitals`,
    });
  }
  if (!WITHOUT_ARGUMENTS.includes(command) || args.length === 0) return;
  throw new InvalidOptionsError({
    problem: `${command} can be fenced for one key at a time`,
    received: args,
    remedy: 'Write each key by itself',
  });
}

import type { Keyspace } from './keyspace.js';
import type { Reply } from './reply.js';

/** A command on data. */
export interface Command {
  /** Number of arguments, without the name. */
  readonly min: number;
  readonly max: number;
  /** Whether it writes, and may use more memory. */
  readonly kind: 'read' | 'write' | 'grow';
  /** Answers; throws `RedisError`. The arguments begin with the name. */
  readonly run: (data: Keyspace, args: readonly string[]) => Reply;
}

export type Commands = Readonly<Record<string, Command>>;

type Run = Command['run'];

export function reads(min: number, max: number, run: Run): Command {
  return { min, max, kind: 'read', run };
}

export function writes(min: number, max: number, run: Run): Command {
  return { min, max, kind: 'write', run };
}

/** A write that is refused when the memory is full. */
export function grows(min: number, max: number, run: Run): Command {
  return { min, max, kind: 'grow', run };
}

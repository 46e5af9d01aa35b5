import { RedisError, Status, type Reply } from '../redis-double/reply.js';
import type { ConnectionHandler, SimConnection } from './sim-connection.js';

/** The options of ioredis that matter here; what an adapter passes counts, the rest is as ioredis has it. */
export interface SimClientOptions {
  readonly connectionName?: string;
  readonly connectTimeout?: number;
  readonly commandTimeout?: number;
  readonly disconnectTimeout?: number;
  readonly autoResendUnfulfilledCommands?: boolean;
  readonly autoResubscribe?: boolean;
  readonly enableOfflineQueue?: boolean;
  readonly maxRetriesPerRequest?: number | null;
  readonly protocol?: 2 | 3;
  readonly retryStrategy?: (times: number) => number | null;
  readonly reconnectOnError?: (error: Error) => boolean;
}

/** Opens a connection to the server that the client's pod reaches now. */
export type Connect = (handler: ConnectionHandler) => SimConnection;

/** How long ioredis waits for a reconnect by default, ms. */
export function defaultRetry(times: number): number {
  return Math.min(times * 50, 2000);
}

/** A reply in the shapes that ioredis hands on. */
export function plain(reply: Reply): unknown {
  if (reply instanceof Status) return reply.text;
  if (reply instanceof RedisError) return replyError(reply);
  if (typeof reply !== 'object' || reply === null) return reply;
  return reply.map(plain);
}

/** As ioredis names what the server has refused. */
export function replyError({ message }: RedisError): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

import { StoreUnavailableError } from '../../core/errors.js';

/** Whether the server has answered, though with an error. */
export function isReplyError(cause: unknown): cause is Error {
  return cause instanceof Error && cause.name === 'ReplyError';
}

/** Whether the server has refused a command for want of rights (ACL). */
export function isForbidden(cause: unknown): boolean {
  return isReplyError(cause) && cause.message.startsWith('NOPERM');
}

/** Whether a key has another type than the command is for. */
export function isWrongType(cause: unknown): boolean {
  return isReplyError(cause) && cause.message.startsWith('WRONGTYPE');
}

/** Whether ioredis has refused a command because there is no connection; what ended that says more. */
export function isOffline(cause: unknown): boolean {
  return (
    cause instanceof Error && /Stream isn't writeable|Connection is closed|isn't ready/.test(cause.message)
  );
}

/** What a client sends by itself on a new connection. */
const HANDSHAKE = new Set(['auth', 'hello', 'select', 'client']);

/** The name of the command of the handshake that was refused, never its arguments; '' for another error. */
function refusedHandshake(cause: Error): string {
  if (!isReplyError(cause) || cause.message.includes(' was refused: ')) return '';
  const command: unknown = 'command' in cause ? cause.command : undefined;
  if (typeof command !== 'object' || command === null || !('name' in command)) return '';
  const { name } = command;
  return typeof name === 'string' && HANDSHAKE.has(name.toLowerCase()) ? name.toUpperCase() : '';
}

/** Whatever went wrong with a connection, as the ports report it. */
export function unavailable(cause: unknown): StoreUnavailableError {
  // Some messages of ioredis end in a full stop, others do not.
  const message = cause instanceof Error ? cause.message.replace(/\.$/, '') : 'the connection closed';
  const refused = cause instanceof Error ? refusedHandshake(cause) : '';
  const reason = refused === '' ? message : `${refused} was refused: ${message}`;
  return new StoreUnavailableError({
    problem: `Redis is not available: ${reason}`,
    remedy: 'Jobs stand by and go on by themselves when it answers again',
    cause,
  });
}

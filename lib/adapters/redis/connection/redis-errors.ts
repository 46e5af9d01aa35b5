import { StoreUnavailableError } from '../../../core/errors/errors.js';

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

/** Commands that a client sends by itself on a new connection. */
const HANDSHAKE = new Set(['auth', 'hello', 'select', 'client']);

/** The command of the handshake that was refused: of its arguments the database alone; '' for another error. */
function refusedHandshake(cause: Error): string {
  if (!isReplyError(cause)) return '';
  const command: unknown = 'command' in cause ? cause.command : undefined;
  if (typeof command !== 'object' || command === null || !('name' in command)) return '';
  const name = typeof command.name === 'string' ? command.name.toLowerCase() : '';
  if (!HANDSHAKE.has(name)) return '';
  const args: readonly unknown[] = 'args' in command && Array.isArray(command.args) ? command.args : [];
  const [database = ''] = args.map(String);
  return name === 'select' && /^\d{1,16}$/.test(database) ? `SELECT ${database}` : name.toUpperCase();
}

/** Any failure of a connection, as the ports report it. */
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

import { InvalidCronError, InvalidOptionsError } from '../../lib/core/errors/errors.js';

/** The message with which an action refuses options or an expression; any other error is thrown. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof InvalidOptionsError || error instanceof InvalidCronError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

import { UnknownJobError } from '../core/errors/errors.js';
import { nearestName } from '../core/errors/nearest-name.js';
import { oneLine } from '../core/errors/sanitize.js';

/** The error for a job name that no job has; it suggests the nearest name. */
export function unknownJob(received: unknown, names: readonly string[]): UnknownJobError {
  const guess = typeof received === 'string' ? nearestName(received, names) : undefined;
  const hint = guess === undefined ? '' : `Did you mean '${guess}'? `;
  return new UnknownJobError({
    problem: 'There is no job of this name',
    received,
    remedy: `${hint}There are ${listed(names) || 'no jobs at all'}`,
  });
}

const MAX_LISTED = 100;

/** Names of jobs may come from Redis, and be many. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map(name => oneLine(name, 200));
  return names.length > MAX_LISTED
    ? `${shown.join(', ')} and ${names.length - MAX_LISTED} more`
    : shown.join(', ');
}

import { NotStartedError, UnknownJobError } from '../core/errors/errors.js';
import type { Job } from '../core/job/job.js';
import { nearestName } from '../core/errors/nearest-name.js';
import { oneLine } from '../core/errors/sanitize.js';
import { isUnknown } from '../engine/store-call.js';
import type { PageListener } from '../ports/pages.js';
import type { Stores } from '../ports/stores.js';
import type { Assembled, ScheduleRuntime } from './composition-root.js';

/** The parts of the scheduler. Throws `NotStartedError` before the application has initialized. */
export function partsOf({ parts }: ScheduleRuntime): Assembled {
  if (parts !== undefined) return parts;
  throw new NotStartedError({
    problem: 'The scheduler has not been started',
    remedy: 'Call this after the application has initialized, such as in onApplicationBootstrap',
  });
}

/** The job of a name. Throws `UnknownJobError` with the nearest name there is. */
export function knownJob(runtime: ScheduleRuntime, name: string): Job {
  const job = runtime.jobs.find(name);
  if (job !== undefined) return job;
  // Before the application has initialized no job is known.
  partsOf(runtime);
  throw unknownJob(
    name,
    runtime.jobs.jobs.map(one => one.name),
  );
}

/** The error for a job that is not among those there are. */
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

/** Asks a store. Rejects with `StoreUnavailableError` when it does not answer within the command timeout. */
export async function askStores<Answer>(
  runtime: ScheduleRuntime,
  send: (stores: Stores, signal: AbortSignal, onPage: PageListener) => Promise<Answer>,
): Promise<Answer> {
  const { asker, stores } = partsOf(runtime);
  const answer = await asker.ask(async (signal, onPage) => {
    // Right after the start the connection may not be there yet.
    await runtime.inContext(() => stores.ready(signal));
    return send(stores, signal, onPage);
  });
  if (isUnknown(answer)) throw answer.cause;
  return answer;
}

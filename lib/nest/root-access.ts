import { unknownJob } from '../client/lookup-errors.js';
import { NotStartedError } from '../core/errors/errors.js';
import type { Job } from '../core/job/job.js';
import { isUnknown } from '../engine/store-call.js';
import type { PageListener } from '../ports/pages.js';
import type { Stores } from '../ports/stores.js';
import type { Assembled, CompositionRoot } from './composition-root.js';

/** The parts of the scheduler. Throws `NotStartedError` before the application has initialized. */
export function partsOf({ parts }: CompositionRoot): Assembled {
  if (parts !== undefined) return parts;
  throw new NotStartedError({
    problem: 'The scheduler has not been started',
    remedy: 'Call this after the application has initialized, such as in onApplicationBootstrap',
  });
}

/** The job of a name. Throws `UnknownJobError` with the nearest name there is. */
export function knownJob(root: CompositionRoot, name: string): Job {
  const job = root.jobs.find(name);
  if (job !== undefined) return job;
  // Before the application has initialized no job is known.
  partsOf(root);
  throw unknownJob(
    name,
    root.jobs.jobs.map(one => one.name),
  );
}

/** Asks a store. Rejects with `StoreUnavailableError` when it does not answer within the command timeout. */
export async function askStores<Answer>(
  root: CompositionRoot,
  send: (stores: Stores, signal: AbortSignal, onPage: PageListener) => Promise<Answer>,
): Promise<Answer> {
  const { storeCall, stores } = partsOf(root);
  const answer = await storeCall.call(async (signal, onPage) => {
    // Right after the start the connection may not be there yet.
    await root.inContext(() => stores.ready(signal));
    return send(stores, signal, onPage);
  });
  if (isUnknown(answer)) throw answer.cause;
  return answer;
}

import { unknownJob } from '../client/lookup-errors.js';
import { NotStartedError } from '../core/errors/errors.js';
import type { Job } from '../core/job/job.js';
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

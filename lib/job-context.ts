import { AsyncLocalStorage } from 'node:async_hooks';

import type { JobContext } from './core/job/job.js';

/** One for all copies of this package in a process: the application may call that which does not run its jobs. */
const KEY = Symbol.for('nestjs-leader-schedule:current-job');
const shared: typeof globalThis & { [KEY]?: AsyncLocalStorage<JobContext> } = globalThis;
const storage = (shared[KEY] ??= new AsyncLocalStorage<JobContext>());

/**
 * The context of the run that the caller is part of: in a nested service, after an `await`, in a timer that the handler
 * set. `undefined` outside of runs. A timer that outlives its handler still has the context of the run.
 */
export function currentJob(): JobContext | undefined {
  return storage.getStore();
}

/** Makes a call within which, and in all that follows of it, `currentJob` answers with this context. */
export function callInJob<Result>(context: JobContext, call: () => Result): Result {
  return storage.run(context, call);
}

import { type JobSpec } from './engine-harness.js';

/** On pod `a` the handler never ends; on others it ends at once. */
export const endlessOnA: NonNullable<JobSpec['handler']> = (_, pod) =>
  pod.name === 'a' ? new Promise(() => undefined) : undefined;

import { EngineCluster, type JobSpec, type PodOptions } from './engine-harness.js';
import { HOUR, SECOND } from './durations.js';

/** Due once, at second 1. */
export const ONCE = '1 0 0 1 1 *';

/** A cluster of one pod whose job starts its only run at second 1. */
export async function oneRun(spec: JobSpec, options?: PodOptions) {
  const cluster = new EngineCluster([{ cron: ONCE, ...spec }]);
  const a = await cluster.started('a', options);
  await cluster.advance(SECOND);
  return { cluster, a };
}

/** A handler that ends when its signal is aborted. */
export const obedient: NonNullable<JobSpec['handler']> = ({ signal }, pod) => pod.clock.wait(HOUR, signal);
/** A handler that never ends. */
export const endless: NonNullable<JobSpec['handler']> = () => new Promise(() => undefined);

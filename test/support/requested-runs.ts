import { formatOverride } from '../../lib/core/schedule/schedule-override.js';
import { EngineCluster, type JobSpec, type Pod } from './engine-harness.js';

/** A cron expression for a job that has only requested runs in a test. */
export const NEVER = '0 0 0 29 2 *';

/** A job with requested runs only, which take `ms`. */
export const manualJob = (ms = 0, policy: JobSpec['policy'] = {}): JobSpec => ({
  cron: NEVER,
  policy,
  handler: (_, pod) => pod.clock.wait(ms),
});

/** As `manualJob`, but its runs end when their signal is aborted. */
export const abortableJob = (ms: number, policy: JobSpec['policy'] = {}): JobSpec => ({
  cron: NEVER,
  policy,
  handler: ({ signal }, pod) => pod.clock.wait(ms, signal),
});

export const request = (cluster: EngineCluster, id: string, job = 'job') =>
  cluster.control.requestRun({ id, job });

/** The ids of the requests that are not decided. */
export const pending = async (cluster: EngineCluster) =>
  (await cluster.control.requests()).requests.map(({ id }) => id);

/** The runs that have ended: the id of the request, or the tick, then the state and the reason. */
export const results = async (cluster: EngineCluster, job = 'job') =>
  (await cluster.ended(job)).map(({ handle, state, reason }) => `${handle} ${state} ${reason}`.trim());

/** Holds the answers of `open` back from the pod until the function that this returns is called. */
export const holdOpening = (pod: Pod): (() => void) => {
  let release = (): void => undefined;
  const gate = new Promise<void>(resolve => (release = resolve));
  const open = pod.runs.open.bind(pod.runs);
  pod.runs.open = async (jobs, signal) => {
    const answer = await open(jobs, signal);
    await gate;
    return answer;
  };
  return release;
};

/** @param schedule by default, the override is removed */
export const reschedule = (cluster: EngineCluster, schedule?: string, job = 'job') =>
  cluster.control.reschedule(job, schedule && formatOverride({ schedule, timeZone: 'UTC' }));

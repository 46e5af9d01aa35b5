/*
 * Jobs that are removed and created at run time: one that is removed starts no more, one that is created starts soon.
 */
import type { Call } from '../history.js';
import type { SimPod } from '../sim-pod.js';
import { EPOCH } from '../world/world.js';
import { dueIn } from './eras.js';
import { watermarkOf } from './watermarks.js';
import type { Watch } from './watch.js';

const NO_MORE = 'a job that is removed on a pod starts there no more';
const SOON = 'a job that is created on the leader ticks at once';

/** Time after which a created job must tick, ms. */
const PROBE_MS = 4000;
/** A claim, and what a timer may be late. */
const LATE_MS = 1500;
/** Faults that leave the network, the clocks and Redis alone. */
const GENTLE = new Set(['job-remove', 'stop', 'crash', 'resign', 'run-now', 'abort', 'reschedule']);

/** A handler is called: the pod has the job, or this is a later attempt of a run that it has begun before. */
export function assertNotRemoved({ simulation, history, scenario }: Watch, call: Call): void {
  if (!scenario.faults.some(({ kind }) => kind === 'job-remove')) return;
  const isLater = history.calls.some(
    other => other !== call && other.runId === call.runId && other.process === call.process,
  );
  if (isLater) return;
  history.judge(NO_MORE);
  if (simulation.booted.get(call.process)?.has(call.job) !== true)
    history.violated(NO_MORE, `${call.process} ${call.job} ${call.tick}`);
}

/** A job was created on a pod. */
export function onCreated(watch: Watch, pod: SimPod, job: string): void {
  const { scenario, simulation } = watch;
  const token = pod.parts.elector.currentTerm()?.token;
  const isSettled = simulation.world.nowMs - pod.startedAtMs > pod.timing.intervalMs;
  const isGentle = scenario.faults.every(({ kind }) => GENTLE.has(kind));
  if (token === undefined || !isGentle || !isSettled) return;
  const createdAtMs = simulation.world.nowMs;
  simulation.world.after(PROBE_MS, () => {
    // It may have been removed again, and created again.
    const isSame = pod.createdAtMs.get(job) === createdAtMs && pod.has(job);
    const isThere = pod.process.isAlive && !pod.isStopping;
    if (isSame && isThere && pod.parts.elector.currentTerm()?.token === token)
      checkCreated(watch, pod, job, createdAtMs);
  });
}

function checkCreated(watch: Watch, pod: SimPod, job: string, createdAtMs: number): void {
  const { scenario, simulation, history, opened } = watch;
  const plan = scenario.jobs.find(({ name }) => name === job);
  const from = opened.get(job);
  // Ticks wait for runs, for their moments, and for the end of a delay.
  const isBusy = history.calls.some(call => call.job === job && (call.endedAtMs ?? Infinity) > createdAtMs);
  if (plan === undefined || (plan.overlap !== 'allow' && isBusy)) return;
  const { jitterMs = 0, initialDelayMs = 0 } = plan;
  if (jitterMs > 0 || initialDelayMs > 0) return;
  const last = dueIn(watch, plan).latest(from ?? 0, EPOCH + simulation.world.nowMs - LATE_MS);
  if (last === undefined) return;
  history.judge(SOON);
  const mark = watermarkOf(simulation.redis.master, job);
  if (from === undefined || mark < last)
    history.violated(SOON, `${pod.id} ${job}: stands at ${mark}, and ${last} is due`);
}

/*
 * A leader whose connections and process are in order is not followed, whatever happens to the connection that shows
 * its presence.
 */
import type { Fault } from '../faults.js';
import type { SimPod } from '../sim-pod.js';
import type { Watch } from './watch.js';

export const HEALTHY_LEADER = 'a healthy leader keeps its term';

/** After a fault a leader has renewed within this time, and its connections are open again, ms. */
const SETTLED_MS = 10_000;
/** A finding is published and the answer to it renews: three messages take less than the time between two findings. */
const NEAR_MS = 20;
/** Faults that leave the process, the network and Redis alone, or are judged here. */
const HARMLESS: ReadonlySet<Fault['kind']> = new Set([
  'drop-presence',
  'job-pause',
  'pause-all',
  'run-now',
  'abort',
  'reschedule',
]);

/** The lease of this holder has changed hands before it ended. */
export function onFollowed(watch: Watch, holder: string, follower: string): void {
  const { history, simulation } = watch;
  const pod = simulation.pods.find(({ id }) => id === holder);
  if (pod === undefined || !isHealthy(watch, pod)) return;
  history.violated(HEALTHY_LEADER, `${follower} follows ${holder}, which leads and is in order`);
}

function isHealthy({ simulation, scenario }: Watch, pod: SimPod): boolean {
  const { world } = simulation;
  const plan = scenario.pods.find(({ name }) => simulation.berths.get(name)?.pod === pod);
  if (plan === undefined || plan.delayMs > NEAR_MS) return false;
  if (!pod.process.isRunning || pod.isStopping || world.nowMs - pod.startedAtMs < SETTLED_MS) return false;
  const felt = scenario.faults.filter(fault => isFelt(fault, world.nowMs));
  // Without events a leader must notice itself that its presence is gone.
  const mayMissEvents = !felt.some(fault => fault.kind === 'drop-presence' && fault.end === 'server');
  return felt.every(fault => HARMLESS.has(fault.kind) || (mayMissEvents && isOfEvents(fault)));
}

function isOfEvents(fault: Fault): boolean {
  return fault.kind === 'block-one' && fault.connection === 'events';
}

/** Whether a fault goes on, or is not settled. */
function isFelt(fault: Fault, nowMs: number): boolean {
  const forMs = 'forMs' in fault ? fault.forMs : 0;
  const backMs = 'backAfterMs' in fault ? (fault.backAfterMs ?? 0) : 0;
  const downMs = 'downMs' in fault ? fault.downMs : 0;
  return fault.atMs <= nowMs && nowMs <= fault.atMs + forMs + backMs + downMs + SETTLED_MS;
}

/*
 * A pod starts a job when its initial delay has passed there, and not before.
 */
import type { Call } from '../history.js';
import type { JobPlan } from '../scenario.js';
import type { Watch } from './watch.js';

const NOT_BEFORE = 'a job does not start in its initial delay';

/** Factor by which the clock of a pod may run faster. */
const DRIFT = 0.05;

/** A handler is called. A manual run does not wait. */
export function assertDelayOver(watch: Watch, call: Call, plan: JobPlan): void {
  const { history } = watch;
  const { initialDelayMs = 0 } = plan;
  if (initialDelayMs === 0 || call.manual || isStartedByUser(watch, call.job)) return;
  history.judge(NOT_BEFORE);
  const upForMs = upFor(watch, call.process);
  if (upForMs < initialDelayMs * (1 - DRIFT))
    history.violated(
      NOT_BEFORE,
      `${call.process} ${call.job} ${call.tick}, up for ${Math.round(upForMs)} ms`,
    );
}

/** Whether a pod has not started the job yet. */
export function isInDelay(watch: Watch, process: string, { initialDelayMs = 0 }: JobPlan): boolean {
  return upFor(watch, process) < initialDelayMs * (1 - DRIFT);
}

/** Which ends the delay. */
function isStartedByUser({ scenario: { faults } }: Watch, name: string): boolean {
  return faults.some(fault => fault.kind === 'job-stop' && fault.job === name);
}

function upFor({ simulation }: Watch, process: string): number {
  const pod = simulation.pods.find(({ id }) => id === process);
  return simulation.world.nowMs - (pod?.startedAtMs ?? -Infinity);
}

/*
 * A pod starts a job when its initial delay has passed there, and not before; and keeps its term meanwhile.
 */
import type { Call } from '../history.js';
import type { JobPlan } from '../scenario.js';
import type { Watch } from './watch.js';

const NOT_BEFORE = 'a job does not start in its initial delay';
const STAYS = 'no leader resigns over a job in its initial delay';

/** The clock of a pod may go so much faster. */
const DRIFT = 0.05;

/** A handler is called. What is asked for by hand does not wait. */
export function assertDelayOver(watch: Watch, call: Call, { initialDelayMs = 0 }: JobPlan): void {
  const { history } = watch;
  if (initialDelayMs === 0 || call.manual || isStartedByUser(watch, call.job)) return;
  history.judge(NOT_BEFORE);
  const upForMs = upFor(watch, call.process);
  if (upForMs < initialDelayMs * (1 - DRIFT))
    history.violated(
      NOT_BEFORE,
      `${call.process} ${call.job} ${call.tick}, up for ${Math.round(upForMs)} ms`,
    );
}

/** A leader has resigned, and no person wanted it: not over jobs that do not tick there yet. */
export function checkResignation(watch: Watch, process: string): void {
  const { history, reports, scenario, longest, simulation } = watch;
  const lately = simulation.world.nowMs - 2 * longest.ttlMs;
  const named = new Set(reports.overdue.flatMap(({ job, atMs }) => (atMs > lately ? [job] : [])));
  const plans = scenario.jobs.filter(({ name }) => named.has(name));
  if (!plans.some(({ initialDelayMs = 0 }) => initialDelayMs > 0)) return;
  history.judge(STAYS);
  const upForMs = upFor(watch, process);
  if (plans.every(({ initialDelayMs = 0 }) => upForMs < initialDelayMs * (1 - DRIFT)))
    history.violated(
      STAYS,
      `${process} resigns over ${[...named].join(', ')}, up for ${Math.round(upForMs)} ms`,
    );
}

/** Which ends the delay. */
function isStartedByUser({ scenario: { faults } }: Watch, name: string): boolean {
  return faults.some(fault => fault.kind === 'job-stop' && fault.job === name);
}

function upFor({ simulation }: Watch, process: string): number {
  const pod = simulation.pods.find(({ id }) => id === process);
  return simulation.world.nowMs - (pod?.startedAtMs ?? -Infinity);
}

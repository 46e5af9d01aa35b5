/*
 * A run that is requested is made once, and a leader decides about it.
 */
import { isStartHandle, startHandle } from '../../../lib/core/run/start-handle.js';
import { overAtMs, type Call } from '../history.js';
import type { JobPlan } from '../scenario.js';
import { serverAt } from './clock.js';
import { isWorkingOff, SETTLED_BEFORE_END_MS } from './decisions.js';
import { keys, type Watch } from './watch.js';

const ONCE = 'a request is run once';

export function checkRequests(watch: Watch, plan: JobPlan): void {
  if (!plan.recover) checkRequestedOnce(watch, plan);
  checkDecided(watch, plan);
}

/**
 * A request that a proxy repeats is known while its run has not ended, and as long as it is the last manual run of its
 * job. The scheduler itself does not repeat one.
 */
export function checkRequestedOnce(
  { history, lost, scenario }: Pick<Watch, 'history' | 'lost' | 'scenario'>,
  plan: JobPlan,
): void {
  const firstOf = new Map<string, Call>();
  for (const call of history.calls) {
    const { job, request, runId, tick } = call;
    if (job !== plan.name || request === undefined) continue;
    if (lost.has(job, `${tick}@${request}`, scenario.isStrict)) {
      history.leaveOut(ONCE, 'its record was lost');
      continue;
    }
    const first = firstOf.get(request) ?? call;
    firstOf.set(request, first);
    if (first.runId === runId) history.judge(ONCE);
    else if (isForgotten(history.calls, first, call))
      history.leaveOut(ONCE, 'it was repeated when another manual run had ended');
    else history.violated(ONCE, `${request}: ${first.runId}, then ${runId}`);
  }
}

/** Whether another manual run of the job has ended between the first run of a request and the next one. */
function isForgotten(calls: readonly Call[], first: Call, next: Call): boolean {
  return calls.some(
    other =>
      other.job === first.job &&
      other.manual &&
      other.runId !== first.runId &&
      other.runId !== next.runId &&
      overAtMs(other) >= overAtMs(first) &&
      overAtMs(other) <= next.startedAtMs,
  );
}

/** The run at the start of a version that does not lead any more. */
function isOfAnotherVersion({ simulation }: Watch, id: string, job: string): boolean {
  const leader = simulation.pods.find(({ parts }) => parts.elector.isLeader());
  return isStartHandle(id) && id !== startHandle(leader?.version ?? '', job);
}

function checkDecided(watch: Watch, plan: JobPlan): void {
  const { history, scenario, simulation } = watch;
  const latest = serverAt(watch, scenario.endsAtMs - SETTLED_BEFORE_END_MS);
  for (const [id, request] of simulation.redis.master.double.data.hash(keys.requests) ?? [])
    if (
      request.endsWith(`|${plan.name}`) &&
      !isOfAnotherVersion(watch, id, plan.name) &&
      Number.parseInt(request, 10) < latest &&
      !isWorkingOff(watch, plan)
    )
      history.violated('a request is decided', `${id}: ${request}`);
}

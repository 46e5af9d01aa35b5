import { serverAt } from './clock.js';
import { isWorkingOff, SETTLED_BEFORE_END_MS } from './decisions.js';
import type { JobPlan } from '../scenario.js';
import { keys, type Watch } from './watch.js';

/** A run that is asked for is made once, and somebody decides about it. */
export function checkRequests(watch: Watch, plan: JobPlan): void {
  const { history, scenario, simulation, lost } = watch;
  const runOf = new Map<string, string>();
  for (const { job, request, runId, tick } of plan.recover ? [] : history.calls) {
    if (job !== plan.name || request === undefined) continue;
    if (lost.has(job, `${tick}@${request}`, scenario.isStrict)) continue;
    const known = runOf.get(request) ?? runId;
    if (known !== runId) history.violated('a request is run once', `${request}: ${known}, then ${runId}`);
    runOf.set(request, known);
  }
  const latest = serverAt(watch, scenario.endsAtMs - SETTLED_BEFORE_END_MS);
  for (const [id, request] of simulation.redis.master.double.data.hash(keys.requests) ?? [])
    if (
      request.endsWith(`|${plan.name}`) &&
      Number.parseInt(request, 10) < latest &&
      !isWorkingOff(watch, plan)
    )
      history.violated('a request is decided', `${id}: ${request}`);
}

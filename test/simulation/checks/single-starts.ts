import type { JobPlan } from '../scenario.js';
import type { Watch } from './watch.js';

const ONCE = 'G1: a tick starts once';

/** G1, and in strict mode G2: one run at most starts for a tick; of a job that recovers one for an attempt. */
export function checkSingleStarts(watch: Pick<Watch, 'history' | 'lost' | 'scenario'>, plan: JobPlan): void {
  const { history, lost, scenario } = watch;
  const runOf = new Map<string, string>();
  const seen = new Set<string>();
  const ticks = new Map<number, boolean>();
  for (const { job, tick, runId, manual, attempt, process } of history.calls) {
    if (job !== plan.name || manual || seen.has(runId)) continue;
    // Later attempts of a run are its own.
    seen.add(runId);
    const isLost = ticks.get(tick) ?? lost.has(job, String(tick), scenario.isStrict);
    ticks.set(tick, isLost);
    if (isLost) continue;
    const start = plan.recover ? `${tick}, attempt ${attempt}` : String(tick);
    const known = runOf.get(start);
    if (known !== undefined) history.violated(ONCE, `${job} ${start}: ${known}, then ${runId} on ${process}`);
    runOf.set(start, runId);
  }
  for (const isLost of ticks.values())
    if (isLost) history.leaveOut(ONCE, 'its record was lost');
    else history.judge(ONCE);
}

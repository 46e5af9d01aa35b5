import { endOfCall } from '../history.js';
import type { JobPlan } from '../scenario.js';
import { EPOCH } from '../world/world.js';
import { dueIn } from './eras.js';
import { callsOf, hasOnly, lateBound, nextTickMs, SETTLED_MS } from './time-bounds.js';
import { mayLose, type Watch } from './watch.js';

const QUEUED = 'a queued tick starts when the run before it has ended';

/** Of a job with overlap `queue`: the next run begins with the end of the one that it waits for, and at no poll. */
export function checkQueued(watch: Watch, plan: JobPlan): void {
  const { history, scenario, opened } = watch;
  const { name, overlap, initialDelayMs = 0, attempts } = plan;
  // A run goes on between two of its attempts.
  if (overlap !== 'queue' || attempts > 1 || plan.cron.startsWith('@timeout')) return;
  if (mayLose(watch) || scenario.hasResigningListener === true || !opened.has(name)) return;
  if (!hasOnly(watch, ['run-now', 'script-flush'])) return;
  const calls = callsOf(watch, plan);
  const settledMs = Math.max(...history.terms.map(({ atMs }) => atMs)) + SETTLED_MS + initialDelayMs;
  const lateMs = lateBound(watch, plan);
  const due = dueIn(watch, plan);
  for (const call of calls) {
    const endMs = endOfCall(call);
    const isJudged = call.startedAtMs >= settledMs && endMs + lateMs < scenario.endsAtMs;
    // A tick may start a little before its instant.
    const queuedMs = nextTickMs(due, Math.max(call.startedAtMs, call.tick - EPOCH)) + lateMs;
    if (!isJudged || queuedMs > endMs) continue;
    history.judge(QUEUED);
    const isStarted = calls.some(
      next => next !== call && next.startedAtMs >= endMs && next.startedAtMs <= endMs + lateMs,
    );
    if (!isStarted)
      history.violated(
        QUEUED,
        `${name} starts nothing after ${call.tick}, which ended at ${Math.round(endMs)}`,
      );
  }
}

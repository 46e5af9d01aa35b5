import type { JobContext, JobHandler } from '../../lib/core/job/job.js';
import type { Clock } from '../../lib/ports/clock.js';
import type { Call, History } from './history.js';
import type { JobPlan } from './scenario.js';

export interface HandlerDeps {
  readonly seed: number;
  readonly process: string;
  readonly clock: Clock;
  readonly history: History;
  readonly now: () => number;
  readonly serverNow: () => number;
  readonly onCall: (call: Call, plan: JobPlan) => void;
}

/** The work of a job: it takes its time, fails now and then, and obeys its signal or does not. */
export function handlerOf(plan: JobPlan, deps: HandlerDeps): JobHandler {
  return async context => {
    const call = callOf(context, deps);
    deps.history.calls.push(call);
    deps.history.counters.calls += 1;
    if (context.catchUp) deps.history.counters.caughtUp += 1;
    deps.history.note(
      () => `${deps.process} CALL ${plan.name} ${call.tick} ${call.runId} attempt ${call.attempt}`,
    );
    context.signal.addEventListener('abort', () => (call.abortedAtMs ??= deps.now()));
    deps.onCall(call, plan);
    // The same for every run of the tick, whatever happened before: a shortened plan of faults changes nothing here.
    const dice = hash(deps.seed, plan.name, call.tick + call.attempt);
    const durationMs = plan.durationsMs[dice % plan.durationsMs.length] ?? 0;
    if (((dice >>> 16) % 100) / 100 < (plan.endlessRate ?? 0)) await new Promise(() => undefined);
    await pass(durationMs, deps.clock, plan.obeysAbort ? context.signal : undefined);
    call.endedAtMs = deps.now();
    deps.history.note(() => `${deps.process} DONE ${plan.name} ${call.tick} ${call.runId}`);
    if (plan.obeysAbort && context.signal.aborted) throw context.signal.reason;
    if (((dice >>> 8) % 1000) / 1000 < plan.failureRate) throw new Error('This attempt fails');
  };
}

function callOf(context: JobContext, { process, now, serverNow }: HandlerDeps): Call {
  return {
    job: context.job,
    tick: context.tick.getTime(),
    runId: context.runId,
    attempt: context.attempt,
    token: context.token,
    manual: context.idempotencyKey.includes(':manual:'),
    request: /:manual:((?:asked-|start:).*)$/.exec(context.idempotencyKey)?.[1],
    recovering: context.recovering,
    process,
    startedAtMs: now(),
    serverAt: serverNow(),
    signal: context.signal,
    endedAtMs: undefined,
  };
}

function pass(durationMs: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> | undefined {
  if (durationMs === 0) return undefined;
  return new Promise(resolve => {
    const timer = clock.timer(durationMs, resolve);
    signal?.addEventListener('abort', () => {
      timer.cancel();
      resolve();
    });
    if (signal?.aborted === true) resolve();
  });
}

/** FNV-1a. */
function hash(seed: number, name: string, tick: number): number {
  let value = 0x811c9dc5 ^ seed;
  for (const char of `${name}:${tick}`) value = Math.imul(value ^ char.charCodeAt(0), 0x01000193);
  return value >>> 0;
}

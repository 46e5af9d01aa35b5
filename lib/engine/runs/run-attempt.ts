import {
  AttemptTimeoutError,
  LeadershipLostError,
  RunAbortedError,
  ShutdownError,
} from '../../core/errors/errors.js';
import { completed } from '../../core/job/handler-result.js';
import type { JobContext, JobLogger } from '../../core/job/job.js';
import { formatDuration } from '../../core/options/duration.js';
import type { Run } from '../../core/run/run.js';
import type { FailedOutcome } from '../../core/run/run-outcome.js';
import type { Clock } from '../../ports/clock.js';
import { aborted, settlesWithin } from '../../ports/time.js';
import type { StoreClock } from '../election/store-clock.js';

/** How long a handler may take to notice that its signal has aborted, before it is given up. */
const ABORT_GRACE_MS = 5000;
/** The same at a shutdown, where a person or an orchestrator waits. */
const SHUTDOWN_GRACE_MS = 1000;

const FINAL_CODES = ['PERMANENT', 'STALE_TERM', 'GENERATOR_HANDLER', 'AROUND_NEXT'];

export type AttemptResult =
  | { readonly outcome: 'succeeded' }
  | {
      readonly outcome: FailedOutcome;
      readonly error: unknown;
      /** Another attempt would not help, or would run beside this one. */
      readonly isFinal: boolean;
    };

/** Surrounds each call of a handler: makes the call, and returns what that returns. */
export type AroundCall = (context: JobContext, call: () => unknown) => unknown;

export interface AttemptDeps {
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly loggerOf: (job: string) => JobLogger;
  readonly around: AroundCall;
}

/**
 * Calls the handler of a run once and waits for it: until it settles, or for a short grace after its signal has aborted.
 * Never rejects.
 *
 * @param life aborts when the whole run should end
 */
export async function attemptRun(
  run: Run,
  attempt: number,
  life: AbortSignal,
  deps: AttemptDeps,
): Promise<AttemptResult> {
  const { clock } = deps;
  const { timeoutMs } = run.job.policy;
  const controller = new AbortController();
  const { signal } = controller;
  const onLifeEnd = (): void => controller.abort(life.reason);
  const timeout = clock.timer(timeoutMs, () => controller.abort(timeoutError(timeoutMs)));
  life.addEventListener('abort', onLifeEnd, { once: true });
  if (life.aborted) onLifeEnd();
  const ended = callHandler(run, attempt, signal, deps);
  await Promise.race([ended, aborted(signal)]);
  const isSettled = !signal.aborted || (await settlesWithin(clock, graceMs(signal), ended));
  timeout.cancel();
  life.removeEventListener('abort', onLifeEnd);
  if (!signal.aborted) return await ended;
  return resultOfAborted(isSettled ? await ended : undefined, signal.reason);
}

function graceMs({ reason }: AbortSignal): number {
  return reason instanceof ShutdownError ? SHUTDOWN_GRACE_MS : ABORT_GRACE_MS;
}

async function callHandler(
  run: Run,
  attempt: number,
  signal: AbortSignal,
  deps: AttemptDeps,
): Promise<AttemptResult> {
  try {
    const context = contextOf(run, attempt, signal, deps);
    // Within the surrounding call, because an Observable does its work only when it is subscribed to.
    await deps.around(context, () => completed(run.job.handler(context), signal));
    return { outcome: 'succeeded' };
  } catch (error) {
    return { outcome: 'failed', error, isFinal: isPermanent(error) };
  }
}

function contextOf(run: Run, attempt: number, signal: AbortSignal, deps: AttemptDeps): JobContext {
  const { job, ref, token, catchUp, recovering } = run;
  const { tick, runId, manual, handle = runId } = ref;
  const beside = manual ? `:manual:${handle}` : '';
  return {
    job: job.name,
    tick: new Date(tick),
    /* oxlint-disable-next-line typescript/no-deprecated -- the name of 0.4 */ // until 1.0
    scheduledAt: new Date(tick), // until 1.0
    startedAt: new Date(deps.storeClock.nowMs),
    runId,
    attempt,
    token,
    catchUp,
    recovering,
    signal,
    idempotencyKey: `${job.name}:${new Date(tick).toISOString()}${beside}`,
    logger: deps.loggerOf(job.name),
  };
}

/** The result of an attempt whose signal has aborted. `undefined`: its handler has not ended. */
function resultOfAborted(result: AttemptResult | undefined, reason: unknown): AttemptResult {
  const isFinal = result === undefined;
  if (reason instanceof AttemptTimeoutError) return { outcome: 'timed-out', error: reason, isFinal };
  if (result?.outcome === 'succeeded') return result;
  return { outcome: 'aborted', error: isFinal ? reason : result.error, isFinal: true };
}

/**
 * Whether another attempt cannot succeed: the handler threw a `PermanentError`, the token of the run is outdated, the
 * handler is a generator, or `around` does not call `next` once. Judged by the code, because the class may come from
 * another copy of this package.
 */
function isPermanent(error: unknown): boolean {
  try {
    if (!(error instanceof Error) || !('code' in error)) return false;
    return FINAL_CODES.includes(String(error.code));
  } catch {
    // A handler may throw anything, a proxy whose properties cannot be read included.
    return false;
  }
}

function timeoutError(timeoutMs: number): AttemptTimeoutError {
  return new AttemptTimeoutError({
    problem: `The attempt took longer than its timeout of ${formatDuration(timeoutMs)}`,
    remedy: "End when the context's signal aborts, or give the job a longer timeout",
  });
}

/** Why a run should end when its run lock is lost. */
export function lockLostError(): LeadershipLostError {
  return new LeadershipLostError({
    problem: 'The lease and the run lock are lost: another pod may start this job',
    remedy: 'Stop working; write only with the fencing token of the context',
  });
}

/** Why a run should end when the application closes. */
export function shutdownError(): ShutdownError {
  return new ShutdownError({
    problem: 'The application shuts down, and the run has not ended within shutdown.drainTimeout',
    remedy: "End when the context's signal aborts, or give shutdowns a longer drainTimeout",
  });
}

/** Why a run should end when a user aborts it. */
export function abortedError(): RunAbortedError {
  return new RunAbortedError({
    problem: 'This run was aborted by a request',
    remedy: 'Stop working: the job goes on with its next tick',
  });
}

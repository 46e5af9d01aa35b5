import {
  AttemptTimeoutError,
  LeadershipLostError,
  RunAbortedError,
  ShutdownError,
} from '../../core/errors/errors.js';
import { formatDuration } from '../../core/options/duration.js';
import type { FailedOutcome } from '../../core/run/run-outcome.js';
import type { Clock } from '../../ports/clock.js';

/** How long a handler may take to notice that its signal has aborted, before it is given up. */
const ABORT_GRACE_MS = 5000;
/** The same at a shutdown, where a person or an orchestrator waits. */
const SHUTDOWN_GRACE_MS = 1000;

const FINAL_CODES = ['PERMANENT', 'STALE_TERM', 'GENERATOR_HANDLER'];

export type AttemptResult =
  | { readonly outcome: 'succeeded' }
  | {
      readonly outcome: FailedOutcome;
      readonly error: unknown;
      /** Another attempt would not help, or would run beside this one. */
      readonly isFinal: boolean;
    };

export interface AttemptOrder {
  /** Calls the handler with the signal of this attempt. May throw or reject. */
  readonly call: (signal: AbortSignal) => unknown;
  /** `Infinity`: as long as it likes. */
  readonly timeoutMs: number;
  /** Aborts when the whole run should end. */
  readonly life: AbortSignal;
}

type Ending = { readonly kind: 'returned' } | { readonly kind: 'threw'; readonly error: unknown } | Unsettled;
interface Unsettled {
  readonly kind: 'unsettled';
}

/**
 * Calls a handler once and waits for it: until it settles, or for a short grace after its signal has aborted.
 * Never rejects.
 */
export async function attemptRun(order: AttemptOrder, clock: Clock): Promise<AttemptResult> {
  const attempt = new AbortController();
  const onLifeEnd = (): void => attempt.abort(order.life.reason);
  const timeout = clock.timer(order.timeoutMs, () => attempt.abort(timeoutError(order.timeoutMs)));
  order.life.addEventListener('abort', onLifeEnd, { once: true });
  if (order.life.aborted) onLifeEnd();
  const givenUp = graceAfterAbort(attempt.signal, clock);
  const ending = await Promise.race([endingOf(order, attempt.signal), givenUp.promise]);
  timeout.cancel();
  givenUp.cancel();
  order.life.removeEventListener('abort', onLifeEnd);
  return resultOf(ending, attempt.signal);
}

async function endingOf({ call }: AttemptOrder, signal: AbortSignal): Promise<Ending> {
  try {
    await call(signal);
    return { kind: 'returned' };
  } catch (error) {
    return { kind: 'threw', error };
  }
}

function graceAfterAbort(signal: AbortSignal, clock: Clock) {
  let cancel = (): void => undefined;
  const promise = new Promise<Unsettled>(resolve => {
    const onAbort = (): void => {
      const graceMs = signal.reason instanceof ShutdownError ? SHUTDOWN_GRACE_MS : ABORT_GRACE_MS;
      const grace = clock.timer(graceMs, () => resolve({ kind: 'unsettled' }));
      cancel = () => grace.cancel();
    };
    cancel = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  return { promise, cancel: () => cancel() };
}

function resultOf(ending: Ending, signal: AbortSignal): AttemptResult {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  const isFinal = ending.kind === 'unsettled';
  if (reason instanceof AttemptTimeoutError) return { outcome: 'timed-out', error: reason, isFinal };
  if (ending.kind === 'returned') return { outcome: 'succeeded' };
  if (signal.aborted)
    return { outcome: 'aborted', error: ending.kind === 'threw' ? ending.error : reason, isFinal: true };
  const error = ending.kind === 'threw' ? ending.error : undefined;
  return { outcome: 'failed', error, isFinal: isPermanent(error) };
}

/**
 * Said so by the handler, refused for a token that is not getting younger, or a handler that is none. By its code, not
 * by its class: the error may come from another copy of this package.
 */
function isPermanent(error: unknown): boolean {
  try {
    if (!(error instanceof Error) || !('code' in error)) return false;
    return FINAL_CODES.includes(String(error.code));
  } catch {
    // What was thrown may be anything, a proxy that refuses to be looked at included.
    return false;
  }
}

function timeoutError(timeoutMs: number): AttemptTimeoutError {
  return new AttemptTimeoutError({
    problem: `The attempt took longer than its timeout of ${formatDuration(timeoutMs)}`,
    remedy: "Heed the context's signal, or give the job a longer timeout",
  });
}

/** Why a run should end when its run-lock is lost. */
export function lockLostError(): LeadershipLostError {
  return new LeadershipLostError({
    problem: 'The lease and the run-lock are lost: another pod may start this job',
    remedy: 'Stop working; write only with the fencing token of the context',
  });
}

/** Why a run should end when the application closes. */
export function shutdownError(): ShutdownError {
  return new ShutdownError({
    problem: 'The application shuts down, and the run has not ended within shutdown.drainTimeout',
    remedy: "Heed the context's signal, or give shutdowns a longer drainTimeout",
  });
}

/** Why a run should end when somebody asks for it. */
export function abortedError(): RunAbortedError {
  return new RunAbortedError({
    problem: 'Somebody asked that this run should end',
    remedy: 'Stop working: the job goes on with its next tick',
  });
}

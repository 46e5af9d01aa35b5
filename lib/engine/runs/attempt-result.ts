/* The result of a call of a handler that failed, or whose signal has aborted. */
import { AttemptTimeoutError, ShutdownError } from '../../core/errors/errors.js';
import type { FailedOutcome } from '../../core/run/run-outcome.js';

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

/** The result of an attempt whose handler threw. */
export function resultOfFailed(error: unknown): AttemptResult {
  return { outcome: 'failed', error, isFinal: isPermanent(error) };
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

/** The result of an attempt whose signal has aborted. `undefined`: its handler has not ended. */
export function resultOfAborted(result: AttemptResult | undefined, reason: unknown): AttemptResult {
  const isFinal = result === undefined;
  if (reason instanceof AttemptTimeoutError) return { outcome: 'timed-out', error: reason, isFinal };
  if (result?.outcome === 'succeeded') return result;
  return { outcome: 'aborted', error: isFinal ? reason : result.error, isFinal: true };
}

/** How long the handler of an aborted attempt is waited for, ms. */
export function graceMs({ reason }: AbortSignal): number {
  return reason instanceof ShutdownError ? SHUTDOWN_GRACE_MS : ABORT_GRACE_MS;
}

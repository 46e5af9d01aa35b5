import type { Duration } from '../core/options/duration.js';
import { RequestExpiredError, WaitTimeoutError } from '../core/errors/errors.js';
import type { JobRun } from '../core/run/job-run.js';
import type { Clock } from '../ports/clock.js';
import type { RequestOutcome, RunRequest } from '../ports/control-store.js';
import { sleep } from '../ports/time.js';
import { toJobRun } from './run-view.js';

/** Options of `runAndWait`. */
export interface RunAndWaitOptions {
  /** How long to wait for the run's end at most, 1 ms to 366 days. @default as long as it takes */
  readonly maxWait?: Duration;
}

/** The limits of a wait. */
export interface Patience {
  /** `Infinity`: as long as it takes. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** The interval between polls grows from the first to the second. */
const FIRST_POLL_MS = 50;
const LAST_POLL_MS = 1000;

/**
 * Waits for the end of a requested run. Resolves to it, or to `undefined` when its record is not kept. While the store
 * does not answer it goes on waiting.
 *
 * Rejects with `RequestExpiredError` when no pod takes the run within its age limit, with `WaitTimeoutError` after
 * `waitMs`, and with the signal's reason when that aborts.
 */
export async function outcomeOf(
  request: RunRequest,
  { waitMs, signal }: Patience,
  clock: Clock,
  poll: () => Promise<RequestOutcome | undefined>,
): Promise<JobRun | undefined> {
  const until = clock.now().monoMs + waitMs;
  for (let waitedMs = FIRST_POLL_MS; ; waitedMs = Math.min(LAST_POLL_MS, waitedMs * 1.5)) {
    const outcome = await poll();
    if (outcome?.kind === 'gone') return undefined;
    if (outcome?.kind === 'expired') throw expired(request);
    if (outcome?.kind === 'recorded') {
      const run = toJobRun(outcome.record);
      if (run.outcome !== 'running') return run;
    }
    const leftMs = until - clock.now().monoMs;
    if (leftMs <= 0) throw notEnded(request, outcome?.kind === 'waiting');
    if (!(await sleep(clock, Math.min(waitedMs, leftMs), signal))) throw signal.reason;
  }
}

function expired({ job }: RunRequest): RequestExpiredError {
  return new RequestExpiredError({
    problem: 'No pod has taken the requested run within an hour; the request has expired',
    received: job,
    remedy: 'Check that the leader has the job, and request the run again',
  });
}

function notEnded({ id, job }: RunRequest, isWaiting: boolean): WaitTimeoutError {
  return new WaitTimeoutError({
    problem: isWaiting ? 'No leader has taken the requested run' : 'The requested run has not ended',
    received: job,
    remedy: isWaiting
      ? `It runs as soon as a pod leads that has the job; abortRun('${id}') withdraws it`
      : 'It goes on: see the history of the job',
  });
}

import type { Duration } from '../core/options/duration.js';
import { RequestExpiredError, WaitTimeoutError } from '../core/errors/errors.js';
import type { JobRun } from '../core/run/job-run.js';
import type { Clock } from '../ports/clock.js';
import type { RequestOutcome, RunRequest } from '../ports/control-store.js';
import { sleep } from '../ports/time.js';
import { toJobRun } from './run-view.js';

/** Options of `runNow`. */
export interface RunNowOptions {
  /** Whether, or how long at most, to wait for the run's end; `true`: as long as it takes. @default not at all */
  readonly wait?: boolean | Duration;
}

/** A run that was asked for. */
export interface RunTicket {
  readonly job: string;
  /** Identity of the request. */
  readonly requestId: string;
  /** When it was asked for, by the clock of Redis: the `tick` of its run. */
  readonly tick: Date;
}

/** How long somebody waits. */
export interface Patience {
  /** `Infinity`: as long as it takes. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Looks follow each other at first so soon, and then ever later. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 1000;

/**
 * Waits for the end of a run that was asked for. Resolves to it, or to `undefined` when its record is not kept; rejects
 * with `RequestExpiredError` when no pod takes it within its age limit, with `WaitTimeoutError` after `waitMs`, with the signal's reason when that aborts. While the store does not answer it
 * goes on waiting.
 */
export async function outcomeOf(
  request: RunRequest,
  { waitMs, signal }: Patience,
  clock: Clock,
  look: () => Promise<RequestOutcome | undefined>,
): Promise<JobRun | undefined> {
  const until = clock.now().monoMs + waitMs;
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LAST_LOOK_MS, pauseMs * 1.5)) {
    const outcome = await look();
    if (outcome?.kind === 'gone') return undefined;
    if (outcome?.kind === 'expired') throw expired(request);
    if (outcome?.kind === 'recorded') {
      const run = toJobRun(outcome.record);
      if (run.outcome !== 'running') return run;
    }
    const leftMs = until - clock.now().monoMs;
    if (leftMs <= 0) throw notEnded(request, outcome?.kind === 'waiting');
    if (!(await sleep(clock, Math.min(pauseMs, leftMs), signal))) throw signal.reason;
  }
}

function expired({ job }: RunRequest): RequestExpiredError {
  return new RequestExpiredError({
    problem: 'No pod has taken the run that was asked for within an hour; it is not run any more',
    received: job,
    remedy: 'See that a pod leads that has the job, and ask again',
  });
}

function notEnded({ id, job }: RunRequest, isWaiting: boolean): WaitTimeoutError {
  return new WaitTimeoutError({
    problem: isWaiting
      ? 'No leader has taken the run that was asked for'
      : 'The run that was asked for has not ended',
    received: job,
    remedy: isWaiting
      ? `It runs as soon as a pod leads that has the job; abort('${id}') takes it back`
      : 'It goes on: see the history of the job',
  });
}

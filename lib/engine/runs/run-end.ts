/* How a run ended: as an event, and as the request that records it. */
import { errorFacts } from '../../core/errors/error-facts.js';
import type { ScheduleEvent } from '../../core/events.js';
import type { Run } from '../../core/run/run.js';
import type { FinishRequest } from '../../ports/run-store.js';
import type { AttemptResult } from './attempt-result.js';

/** The events of a run. */
export type RunEvent = ScheduleEvent<'job.started' | 'job.retrying' | 'job.succeeded' | 'job.failed'>;

/** The last attempt. */
export interface Made {
  readonly result: AttemptResult;
  readonly attempt: number;
}

export interface Ended extends Made {
  /** By the store's clock, Unix ms. */
  readonly startedAt: number;
  /** A whole number. */
  readonly durationMs: number;
}

export interface End {
  readonly event: RunEvent;
  readonly request: FinishRequest;
}

export function factsOf({ job, ref, token, catchUp, recovering }: Run, attempt: number) {
  const { tick, runId, manual } = ref;
  return { job: job.name, tick: new Date(tick), runId, token, attempt, catchUp, recovering, manual };
}

/**
 * The event of the end of a run, and the request that records it. No property is added after a spread that comes first:
 * V8 takes microseconds for each of them.
 */
export function endOf(run: Run, { result, attempt, startedAt, durationMs }: Ended): End {
  const { job, tick, runId, manual, handle } = run.ref;
  const { retention } = run.job.policy;
  const times = { startedAt, finishedAt: startedAt + durationMs, durationMs };
  const failure = result.outcome !== 'succeeded' && result.error !== undefined && errorFacts(result.error);
  const facts = Object.assign({}, run.facts, times, failure);
  const request = { job, tick, runId, manual, handle, state: result.outcome, attempt, retention, facts };
  if (result.outcome === 'succeeded')
    return { event: { type: 'job.succeeded', ...factsOf(run, attempt), durationMs }, request };
  const { outcome, error } = result;
  return { event: { type: 'job.failed', ...factsOf(run, attempt), durationMs, outcome, error }, request };
}

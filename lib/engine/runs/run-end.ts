/* How a run ended: as an event, and as the request that records it. */
import { errorFacts } from '../../core/errors/error-facts.js';
import type { ScheduleEvent } from '../../core/events.js';
import type { Run } from '../../core/run/run.js';
import type { FinishRequest } from '../../ports/run-store.js';
import type { AttemptResult } from './run-attempt.js';

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

export function factsOf({ job, ref, token, catchUp, recovering }: Run, attempt: number) {
  const { tick, runId, manual } = ref;
  return { job: job.name, tick: new Date(tick), runId, token, attempt, catchUp, recovering, manual };
}

export function endEvent(run: Run, { result, attempt, durationMs }: Ended): RunEvent {
  const facts = { ...factsOf(run, attempt), durationMs };
  if (result.outcome === 'succeeded') return { type: 'job.succeeded', ...facts };
  return { type: 'job.failed', ...facts, outcome: result.outcome, error: result.error };
}

export function finishOf(run: Run, { result, attempt, startedAt, durationMs }: Ended): FinishRequest {
  const times = { startedAt, finishedAt: startedAt + durationMs, durationMs };
  const error = result.outcome === 'succeeded' ? undefined : result.error;
  const facts = { ...run.facts, ...times, ...(error !== undefined && errorFacts(error)) };
  return { ...run.ref, state: result.outcome, attempt, retention: run.job.policy.retention, facts };
}

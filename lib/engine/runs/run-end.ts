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

/** The event of the end of a run, and the request that records it. */
export function endOf(run: Run, { result, attempt, startedAt, durationMs }: Ended): End {
  const { retention } = run.job.policy;
  const event = { ...factsOf(run, attempt), durationMs };
  const facts = { ...run.facts, startedAt, finishedAt: startedAt + durationMs, durationMs };
  const request = { ...run.ref, state: result.outcome, attempt, retention };
  if (result.outcome === 'succeeded')
    return { event: { type: 'job.succeeded', ...event }, request: { ...request, facts } };
  const { outcome, error } = result;
  return {
    event: { type: 'job.failed', ...event, outcome, error },
    request: { ...request, facts: { ...facts, ...(error !== undefined && errorFacts(error)) } },
  };
}

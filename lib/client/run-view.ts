import type { JobRun, RunError } from '../core/run/job-run.js';
import { isStartHandle } from '../core/run/start-handle.js';
import type { RunOutcome } from '../core/run/run-outcome.js';
import { addFormerNames, FORMER_NAMES } from '../deprecated.js'; // until 1.0
import type { RunRecord } from '../ports/history-store.js';

/** A record as users see it. A field that it lacks, because it is older or was tampered with, is empty. */
export function toJobRun(record: RunRecord): JobRun {
  const { facts, attempt, reason } = record;
  const outcome = outcomeOf(record);
  const started = !['skipped', 'missed', 'unreadable'].includes(outcome);
  const run = {
    job: record.job,
    tick: new Date(record.tick),
    outcome,
    reason: reason === '' ? undefined : reason,
    runId: record.runId,
    manual: record.manual,
    attempts: started ? attempt : 0,
    token: record.token,
    podId: text(facts['pod']),
    app: text(facts['app']),
    version: text(facts['version']),
    schedule: text(facts['schedule']),
    startedAt: date(facts['startedAt'] ?? (outcome === 'running' ? record.at : undefined)),
    finishedAt: date(facts['finishedAt'] ?? (outcome === 'abandoned' ? record.at : undefined)),
    durationMs: number(facts['durationMs']),
    error: errorOf(record),
    catchUp: facts['catchUp'] === true,
    recovering: facts['recovering'] === true,
    atStart: record.manual && isStartHandle(record.handle),
    nextTick: date(facts['next']),
    missed: missedOf(record),
  };
  addFormerNames(run, FORMER_NAMES.jobRun); // until 1.0
  return run;
}

function outcomeOf({ state }: RunRecord): RunOutcome {
  return state === 'claimed' || state === 'queued' || state === 'released' ? 'running' : state;
}

function errorOf({ facts }: RunRecord): RunError | undefined {
  if (facts['errorName'] === undefined) return undefined;
  return {
    name: text(facts['errorName']),
    message: text(facts['errorMessage']),
    stack: text(facts['errorStack']),
  };
}

function missedOf({ facts }: RunRecord): JobRun['missed'] {
  const since = date(facts['since']);
  return since && { since, count: number(facts['count']) ?? 1 };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function date(value: unknown): Date | undefined {
  const instant = typeof value === 'number' ? new Date(value) : undefined;
  // An invalid Date throws when it is printed.
  return instant === undefined || Number.isNaN(instant.getTime()) ? undefined : instant;
}

import { CHAOS_JOBS, ticksOf, type ChaosJob } from '../../../pods/chaos-jobs.js';
import { SECOND } from '../../../support/durations.js';
import type { End, Evidence, HistoryEntry, LedgerEntry, Loss, Start } from '../evidence.js';
import { judge } from '../judge.js';

/** The monotonic clock began at this instant (Unix ms), a full minute. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);
export const LATER = 3;
let runs = 0;

/** A run of a job that starts `late` ms after its tick, which is due at `second`, and ends after `workMs`. */
export function run(
  job: ChaosJob,
  second: number,
  wishes: Partial<Start & { late: number; workMs: number }> = {},
) {
  const { late = LATER, workMs = 5, ...facts } = wishes;
  const start: Start = {
    kind: 'start',
    life: 'a#1',
    job: job.name,
    tick: EPOCH_MS + second * SECOND,
    runId: `run-${(runs += 1)}`,
    attempt: 1,
    at: second * SECOND + late,
    token: 1,
    catchUp: false,
    recovering: false,
    believes: true,
    clockOffsetMs: 0,
    ...facts,
  };
  const { life, tick, runId, attempt } = start;
  const end: End = {
    kind: 'end',
    life,
    job: job.name,
    tick,
    runId,
    attempt,
    at: start.at + workMs,
    ending: 'done',
  };
  return [start, end] as const;
}

/** A tick that the history says something of. */
export function record(job: ChaosJob, second: number, outcome: string, since?: number): HistoryEntry {
  const span = since === undefined ? {} : { since: EPOCH_MS + since * SECOND };
  return { job: job.name, tick: EPOCH_MS + second * SECOND, runId: 'recorded', outcome, ...span };
}

/** The seconds 1 to 9 are observed. */
export function trial(job: ChaosJob, entries: readonly LedgerEntry[], facts: Partial<Evidence> = {}) {
  const verdict = judge({
    jobs: [job],
    observed: { from: 500, to: 9500 },
    epochMs: EPOCH_MS,
    ttlMs: 2 * SECOND,
    strict: false,
    entries,
    history: [],
    faults: [],
    losses: [],
    lives: [],
    ...facts,
  });
  return { ...verdict, laws: verdict.convictions.map(({ law }) => law) };
}

export const { instant, long, queued, recovering, all } = CHAOS_JOBS;
const due = (job: ChaosJob) => ticksOf(job, EPOCH_MS + 500, EPOCH_MS + 9500);

/** Every tick of a job once, but for those at these seconds. */
export const allBut = (job: ChaosJob, ...seconds: number[]) =>
  due(job)
    .map(tick => (tick - EPOCH_MS) / SECOND)
    .filter(second => !seconds.includes(second))
    .flatMap(second => run(job, second));

export const everything = allBut(instant);
export const emptied: Loss = { kind: 'empty', from: 4200, to: 5200 };
export const failedOver: Loss = { kind: 'fail-over', from: 4200, to: 5200 };

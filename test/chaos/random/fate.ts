import type { ChaosJob } from '../../pods/chaos-jobs.js';
import type { CaseFile, Run } from './case-file.js';
import type { Interval } from './evidence.js';

/** The end of a tick. */
export type Fate =
  /** It started once. */
  | 'once'
  /** Its pod died, and it started again as a recovery, as the job wishes. */
  | 'recovered'
  /** It started again because Redis forgot that it had started. */
  | 'doubled by loss'
  | 'doubled'
  /** Recorded: an earlier run of the job went on. */
  | 'skipped'
  /** Recorded: no pod led when it was due, and the job does not catch it up. */
  | 'missed'
  /** Recorded: its pod died before the handler was called. */
  | 'abandoned'
  /** The same, but no pod died: its claim was granted and the answer never arrived. */
  | 'given up'
  /** Redis forgot all it knew, which nothing can survive. */
  | 'lost'
  /** It did not run, and nothing says why. */
  | 'unexplained';

/** How long Redis may have been losing writes before anybody noticed. */
const BEFORE_LOSS_MS = 1000;

/** Says what became of one tick of a job. */
export function fateOf(file: CaseFile, job: ChaosJob, tick: number): Fate {
  const runs = file.runsAt(job.name, tick);
  const [first] = runs;
  return first === undefined ? fateWithoutRun(file, job, tick) : fateOfRuns(file, job, first, runs.slice(1));
}

function fateOfRuns(file: CaseFile, job: ChaosJob, first: Run, others: readonly Run[]): Fate {
  if (others.length === 0) return 'once';
  if (others.every(({ start }, index) => isRecovery(job, [first, ...others][index] ?? first, start))) {
    return 'recovered';
  }
  return others.every(other => isExcused(file, first, other)) ? 'doubled by loss' : 'doubled';
}

function isRecovery(job: ChaosJob, { start: former }: Run, start: Run['start']): boolean {
  return job.recover && start.recovering && start.attempt > former.attempt && start.runId !== former.runId;
}

/** In strict mode a fail-over loses no claim; a Redis that came back empty has lost them all, in any mode. */
function isExcused(file: CaseFile, { start: first }: Run, { start: other }: Run): boolean {
  const kinds = file.evidence.strict ? (['empty'] as const) : (['empty', 'fail-over'] as const);
  return file.lossBetween(first.at - BEFORE_LOSS_MS, other.at, kinds);
}

function fateWithoutRun(file: CaseFile, job: ChaosJob, tick: number): Fate {
  const outcomes = file.recordsAt(job.name, tick).map(({ outcome }) => outcome);
  if (outcomes.includes('skipped') && job.overlap !== 'allow') return 'skipped';
  if (outcomes.includes('missed') && job.catchUp !== 'all') return 'missed';
  if (outcomes.includes('abandoned') && !job.recover)
    return hasCrashed(file, tick) ? 'abandoned' : 'given up';
  return isLost(file, job, tick) ? 'lost' : 'unexplained';
}

/** Whether a pod died while the tick may have been on its way to its handler. */
function hasCrashed(file: CaseFile, tick: number): boolean {
  const due = file.dueAt(tick);
  return file.evidence.lives.some(({ end, to }) => end === 'killed' && to > due - 100 && to < due + 10_000);
}

/** Of a fail-over the records may be gone that would have explained. */
function isLost(file: CaseFile, job: ChaosJob, tick: number): boolean {
  const due = file.dueAt(tick);
  return (
    file.evidence.losses.some(loss => loss.kind === 'empty' && isForgotten(file, job, tick, loss)) ||
    (!file.evidence.strict && file.lossBetween(due - BEFORE_LOSS_MS, due + BEFORE_LOSS_MS, ['fail-over']))
  );
}

/**
 * After a Redis that came back empty a job begins anew, at the present: the ticks that no pod had decided are gone, and
 * those that fell due meanwhile, but not for longer than an election takes.
 */
function isForgotten(file: CaseFile, job: ChaosJob, tick: number, { from, to }: Interval): boolean {
  const due = file.dueAt(tick);
  const isLater = due > to + file.evidence.ttlMs + 5000;
  const wasDecided = file
    .runsOfJob(job)
    .some(({ start }) => start.tick > tick && start.at < from - BEFORE_LOSS_MS);
  return !isLater && !wasDecided;
}

import type { CaseFile, Run } from './case-file.js';
import type { Belief, Interval, Start } from './evidence.js';
import { fateOf } from './fate.js';
import { ticksOf, type ChaosJob } from '../../pods/chaos-jobs.js';

/** Something that must not have happened. */
export interface Conviction {
  readonly law: string;
  /** Monotonic ms. */
  readonly at: number;
  readonly what: string;
}

type Law = (file: CaseFile) => Conviction[];

/** Redis grants a tick 50 ms before it is due at the earliest; the rest is the width of the measurement. */
const EARLIEST_MS = -60;

/** G1, G2: a tick starts at most once. */
const once: Law = file =>
  observedTicks(file).flatMap(({ job, tick }) =>
    fateOf(file, job, tick) === 'doubled'
      ? [conviction('doubled', file.dueAt(tick), nameOf(job, tick), file.runsAt(job.name, tick).map(textOf))]
      : [],
  );

/** G3: a tick starts, or its history says why not. */
const accounted: Law = file =>
  observedTicks(file).flatMap(({ job, tick }) =>
    fateOf(file, job, tick) === 'unexplained'
      ? [
          conviction(
            'missed',
            file.dueAt(tick),
            nameOf(job, tick),
            file
              .recordsAt(job.name, tick)
              .map(({ outcome, reason, by }) => `recorded as ${outcome} ${reason ?? ''} by ${by}`),
          ),
        ]
      : [],
  );

/** No handler is called before its tick is due, whatever its pod's clock says. */
const neverEarly: Law = file =>
  file.runs.flatMap(run =>
    file.lateMs(run.start) < EARLIEST_MS
      ? [conviction('early', run.start.at, `${Math.round(file.lateMs(run.start))} ms`, [textOf(run)])]
      : [],
  );

/** Two runs of a job go on at once only when it allows that, or a process stood still that could not know. */
const noOverlap: Law = file =>
  file.evidence.jobs
    .filter(job => job.overlap !== 'allow')
    .flatMap(job => {
      const runs = file.runsOfJob(job);
      return runs.flatMap((run, index) =>
        runs
          .slice(index + 1)
          .filter(later => later.start.at < run.endAt && overlap(file, run, later))
          .map(later => conviction('overlap', later.start.at, job.name, [run, later].map(textOf))),
      );
    });

function overlap(file: CaseFile, one: Run, other: Run): boolean {
  if (file.lossBetween(one.start.at - 1000, other.start.at)) return false;
  return file.activity(one).some(part => file.activity(other).some(another => intersect(part, another)));
}

/** G4: no run begins with an older token than an earlier one had; and a token is one process's. */
const tokensRise: Law = file => [
  ...file.evidence.jobs.flatMap(job => staleStarts(file, job)),
  ...sharedTokens(file),
];

function staleStarts(file: CaseFile, job: ChaosJob): Conviction[] {
  let newest: Run | undefined;
  return file.runsOfJob(job).flatMap(run => {
    const former = newest;
    if (former === undefined || run.start.token > former.start.token) newest = run;
    if (former === undefined || run.start.token >= former.start.token) return [];
    // A process that stood still between claim and start calls a handler late; its run lock is still its own.
    if (file.stoodStill(run.start.life, run.start.at - file.evidence.ttlMs, run.start.at)) return [];
    // Without strict mode a master that was replaced, and does not know it yet, may go on granting ticks.
    if (!file.evidence.strict && file.lossBetween(former.start.at, run.start.at, ['fail-over'])) return [];
    return [conviction('token', run.start.at, job.name, [former, run].map(textOf))];
  });
}

function sharedTokens(file: CaseFile): Conviction[] {
  const owners = new Map<number, Run>();
  return file.runs.flatMap(run => {
    const owner = owners.get(run.start.token);
    if (owner === undefined) owners.set(run.start.token, run);
    return owner === undefined || owner.start.life === run.start.life
      ? []
      : [conviction('token', run.start.at, 'two processes have one token', [owner, run].map(textOf))];
  });
}

/** At most one process believes to lead; a fail-over may forget the lease itself. */
const oneLeader: Law = file => {
  const beliefs = file.evidence.entries
    .filter(entry => entry.kind === 'belief')
    .sort((a, b) => a.from - b.from);
  return beliefs.flatMap((belief, index) => {
    const rival = firstRival(beliefs, belief, index);
    if (rival === undefined) return [];
    if (file.lossBetween(rival.from - 2 * file.evidence.ttlMs, rival.to, ['fail-over'])) return [];
    const width = Math.round(Math.min(belief.to, rival.to) - rival.from);
    return [
      conviction('two leaders', rival.from, `${belief.life} and ${rival.life} for at least ${width} ms`, []),
    ];
  });
};

function firstRival(beliefs: readonly Belief[], belief: Belief, index: number): Belief | undefined {
  for (const other of beliefs.slice(index + 1)) {
    if (other.from >= belief.to) return undefined;
    if (other.life !== belief.life) return other;
  }
  return undefined;
}

/** A run whose pod died runs again where the job wishes so, and nowhere else; it says that it does. */
const recovery: Law = file =>
  file.evidence.jobs.flatMap(job =>
    file.runsOfJob(job).flatMap(run => {
      if (!job.recover && run.start.recovering) {
        return [conviction('recovery', run.start.at, `${job.name} does not recover`, [textOf(run)])];
      }
      if (run.start.recovering && run.start.attempt < 2) {
        return [conviction('recovery', run.start.at, 'a recovery is a second attempt', [textOf(run)])];
      }
      return job.recover && isForgotten(file, run)
        ? [conviction('recovery', run.start.at, 'crashed and was not run again', [textOf(run)])]
        : [];
    }),
  );

function isForgotten(file: CaseFile, run: Run): boolean {
  const { observed, ttlMs } = file.evidence;
  if (run.end !== undefined || file.life(run.start.life)?.end !== 'killed') return false;
  if (
    run.endAt > observed.to - 2 * ttlMs - 10_000 ||
    file.lossBetween(run.start.at - 1000, run.endAt + ttlMs)
  ) {
    return false;
  }
  return !file
    .runsAt(run.start.job, run.start.tick)
    .some(({ start }) => start.recovering && start.at > run.start.at);
}

/** A tick is skipped for a run that goes on, not for a lock that no pod holds. */
const noGhosts: Law = file =>
  observedTicks(file).flatMap(({ job, tick }) => {
    const [beacon] = file.runsAt(file.evidence.jobs[0]?.name ?? '', tick);
    if (beacon === undefined || fateOf(file, job, tick) !== 'skipped') return [];
    if (file.recordsAt(job.name, tick).some(({ reason }) => reason === 'paused')) return [];
    const { at } = beacon.start;
    const { ttlMs } = file.evidence;
    if (file.faultBetween(at - 2 * ttlMs - 5000, at)) return [];
    const isBusy = file
      .runsOfJob(job)
      .some(run => run.start.at <= at + 100 && run.endAt + (run.end ? 300 : ttlMs + 1000) >= at - 100);
    return isBusy
      ? []
      : [conviction('ghost', at, `${nameOf(job, tick)} was skipped, but no run was going on`, [])];
  });

/** No process of a pod ends by itself, and SIGTERM ends it. */
const noCrash: Law = file =>
  file.evidence.lives.flatMap(({ life, end, to, output }) =>
    end === 'crashed' || end === 'stuck' ? [conviction(end, to, life, [output])] : [],
  );

export const LAWS: readonly Law[] = [
  once,
  accounted,
  neverEarly,
  noOverlap,
  tokensRise,
  oneLeader,
  recovery,
  noGhosts,
  noCrash,
];

/** Every tick that is judged. */
export function observedTicks({ evidence }: CaseFile): { job: ChaosJob; tick: number }[] {
  const { jobs, observed, epochMs } = evidence;
  return jobs.flatMap(job =>
    ticksOf(job, observed.from + epochMs, observed.to + epochMs).map(tick => ({ job, tick })),
  );
}

function conviction(law: string, at: number, what: string, evidence: readonly string[]): Conviction {
  return { law, at, what: [what, ...evidence].join('; ') };
}

function nameOf(job: ChaosJob, tick: number): string {
  return `${job.name} at ${new Date(tick).toISOString()}`;
}

function textOf({ start, endAt, end }: Run): string {
  return `${start.life} ${Math.round(start.at)}–${Math.round(endAt)} ${detailsOf(start)} ${end?.ending ?? 'no end'}`;
}

function detailsOf({ job, tick, runId, attempt, token, catchUp, recovering, clockOffsetMs }: Start): string {
  const flags = `${catchUp ? ' catch-up' : ''}${recovering ? ' recovering' : ''}`;
  return `${job} ${new Date(tick).toISOString().slice(14, 19)} run ${runId} attempt ${attempt} token ${token}${flags} clock ${clockOffsetMs}`;
}

function intersect(one: Interval, other: Interval): boolean {
  return one.from < other.to && other.from < one.to;
}

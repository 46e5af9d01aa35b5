/* The verbs that read, and change nothing. */
import { describedSchedule } from '../core/job/job-description.js';
import type { JobRun } from '../core/run/job-run.js';
import { NO_SCHEDULE } from '../core/schedule/no-schedule.js';
import { unknownJob } from '../client/lookup-errors.js';
import { toPauseInfo, type PauseInfo } from '../client/control.js';
import { toJobRun } from '../client/run-view.js';
import { jobInfo, type JobInfo } from '../client/job-info.js';
import { readQuery, type RunCursor } from '../client/history-query.js';
import type { StoppedJob } from '../client/status.js';
import { addFormerNames, FORMER_NAMES } from '../deprecated.js'; // until 1.0
import { plain, type Answer, type Page } from './answer.js';
import { formatCursor } from './page-cursor.js';
import { podsText, shownPods, type ShownPod } from './pods.js';
import type { VerbOptions } from './program.js';
import { paintOutcome, whyOf } from './run-text.js';
import type { Session, Snapshot } from './session.js';
import type { StoppedJobs } from './stopped-jobs.js';
import { onPods, stoppedText } from './stopped-text.js';
import { table } from './table.js';
import { fromNow, instant, localIso, took } from './times.js';
import { readBefore, readLimit, readOutcomes, type Before } from './verb-options.js';

export async function status(session: Session): Promise<Answer> {
  const snapshot = await session.refresh();
  const [runs, stopped] = await Promise.all([runsNow(session), session.stopped()]);
  const { now, pause, jobs: states } = snapshot.states;
  const json = {
    leaderKey: session.target.leaderKey,
    now: new Date(now),
    leader: leaderOf(snapshot),
    pods: shownPods(snapshot, session.target.ttlMs),
    pause: pause && toPauseInfo(pause),
    jobCount: snapshot.jobs.size,
    pausedJobs: [...snapshot.jobs.keys()].filter((_, at) => states[at]?.pause !== undefined),
    stoppedJobs: stoppedIn(snapshot, stopped),
    running: runs,
  };
  addFormerNames(json, FORMER_NAMES.statusOutput); // until 1.0
  return { json, text: page => statusText(json, page) };
}

interface Status {
  readonly leaderKey: string;
  readonly now: Date;
  readonly leader: ReturnType<typeof leaderOf>;
  readonly pods: readonly ShownPod[];
  readonly pause: PauseInfo | undefined;
  readonly jobCount: number;
  readonly pausedJobs: readonly string[];
  readonly stoppedJobs: readonly StoppedJob[];
  readonly running: readonly JobRun[];
}

function statusText(shown: Status, page: Page): string {
  const { leaderKey, leader, pause, jobCount, pausedJobs, stoppedJobs } = shown;
  const now = shown.now.getTime();
  const { paint } = page;
  const since = leader?.since === undefined ? '' : ` since ${instant(leader.since, now)}`;
  const lines = [
    ['key', plain(leaderKey)],
    ['leader', leader === undefined ? paint.red('none') : `${paint.green(plain(leader.podId))}${since}`],
    ['lease', leader === undefined ? '-' : `token ${leader.token}, ends in ${took(leader.remainingMs)}`],
    ['pause', pause === undefined ? 'none of all jobs' : paint.yellow(`all jobs, ${pauseWords(pause, now)}`)],
    ['jobs', `${jobCount}${pausedJobs.length === 0 ? '' : `, paused: ${pausedJobs.map(plain).join(', ')}`}`],
    ...(stoppedJobs.length === 0 ? [] : [['stopped', paint.red(stoppedText(stoppedJobs))] as const]),
  ] as const;
  const facts = lines.map(([name, value]) => `${paint.dim(name.padEnd(8))}${value}`).join('\n');
  return [facts, podsText(shown.pods, now, page), runningText(shown.running, now, page)].join('\n\n');
}

/** The jobs that do not tick on every pod, whether the leader has them or not. A leader of 0.3 is not named as a pod. */
function stoppedIn(snapshot: Snapshot, stopped: StoppedJobs): StoppedJob[] {
  const onLeader = [...snapshot.jobs.keys()].filter(name => isStoppedOnLeader(name, snapshot, stopped));
  const names = new Set([...stopped.stoppedOn.keys(), ...onLeader]);
  return [...names].sort().map(job => ({ job, stoppedOn: stopped.stoppedOn.get(job) ?? [] }));
}

/** By its job set, which follows a stop at once; without one, by what it announced when its term began. */
function isStoppedOnLeader(name: string, { lease, jobs: known }: Snapshot, stopped: StoppedJobs): boolean {
  const holder = lease.kind === 'held' ? lease.holder : undefined;
  if (holder === undefined || !stopped.pods.has(holder)) return known.get(name)?.isStopped === true;
  return stopped.stoppedOn.get(name)?.includes(holder) === true;
}

function leaderOf({ lease }: Snapshot) {
  if (lease.kind === 'free') return undefined;
  const { holder, token, remainingMs, acquiredAt } = lease;
  const since = acquiredAt === undefined ? undefined : new Date(acquiredAt);
  const leader = { podId: holder, token, remainingMs, since };
  addFormerNames(leader, FORMER_NAMES.pod); // until 1.0
  return leader;
}

export async function jobs(session: Session): Promise<Answer> {
  const snapshot = await session.refresh();
  const [runs, stopped] = await Promise.all([runsNow(session), session.stopped()]);
  const { states } = snapshot;
  const infos = [...snapshot.jobs].map(([name, job], at) => {
    const schedule = describedSchedule(job);
    const { definedAt: definedIn, overlap, catchUp } = job;
    const isStopped = isStoppedOnLeader(name, snapshot, stopped);
    const stoppedOn = stopped.stoppedOn.get(name) ?? [];
    const subject = { name, schedule: schedule ?? NO_SCHEDULE, isStopped, stoppedOn, definedIn };
    const info = jobInfo(subject, states.jobs[at], states, runs);
    const asWritten = schedule === undefined ? { schedule: job.schedule, description: job.schedule } : {};
    const shown = { ...info, ...asWritten, overlap, catchUp };
    addFormerNames(shown, FORMER_NAMES.jobInfo); // until 1.0
    return shown;
  });
  const json = { leaderKey: session.target.leaderKey, now: new Date(states.now), jobs: infos };
  return { json, text: page => jobsText(infos, states.now, page) };
}

function jobsText(infos: readonly JobInfo[], now: number, page: Page): string {
  if (infos.length === 0) return 'The leader has announced no jobs';
  const { paint } = page;
  const rows = infos.map(info => [
    paint.bold(plain(info.name)),
    nextWords(info, now),
    lastWords(info.lastRun, now, page),
    [
      plain(info.schedule),
      paint.dim(plain(descriptionOf(info))),
      stateWords(info, now, page),
      paint.dim(plain(info.definedIn)),
    ]
      .filter(line => line !== '')
      .join('\n'),
  ]);
  return table(['JOB', 'NEXT', 'LAST RUN', 'SCHEDULE'].map(paint.dim), rows, page.width);
}

function nextWords({ nextTicks }: JobInfo, now: number): string {
  const [next, ...later] = nextTicks;
  if (next === undefined) return '-';
  const then = later.slice(0, 2).map(tick => fromNow(tick, now));
  return [fromNow(next, now), localIso(next), ...(then.length === 0 ? [] : [`then ${then.join(', ')}`])].join(
    '\n',
  );
}

function lastWords(run: JobRun | undefined, now: number, page: Page): string {
  if (run === undefined) return '-';
  if (run.outcome === 'unreadable') return paintOutcome(run.outcome, page);
  return `${paintOutcome(run.outcome, page)}\n${fromNow(run.tick, now)}, took ${took(run.durationMs) || '?'}`;
}

function descriptionOf({ description, timeZone }: JobInfo): string {
  return timeZone === undefined || description.includes(timeZone)
    ? description
    : `${description} (${timeZone})`;
}

function stateWords(info: JobInfo, now: number, { paint }: Page): string {
  const { pause, isStopped, stoppedOn } = info;
  const words = [
    pause && paint.yellow(`paused ${pauseWords(pause, now)}`),
    info.running.length > 0 && paint.cyan(`${info.running.length} running`),
    (isStopped || stoppedOn.length > 0) && paint.red(`stopped${onPods(stoppedOn)}`),
    info.isRescheduled && paint.yellow('rescheduled'),
  ];
  return words.filter(word => word !== undefined && word !== false).join(', ');
}

/** Such as `until 2026-… (in 30m): deployment`. */
export function pauseWords({ until, reason }: PauseInfo, now: number): string {
  const end = until === undefined ? 'until it is resumed' : `until ${instant(until, now)}`;
  return reason === '' ? end : `${end}: ${plain(reason)}`;
}

export async function history(
  session: Session,
  job: string | undefined,
  { limit, outcome, before }: VerbOptions,
): Promise<Answer> {
  const wanted = {
    ...(limit !== undefined && { limit: readLimit(limit) }),
    ...(outcome !== undefined && { outcome: readOutcomes(outcome) }),
  };
  const end = before === undefined ? undefined : readBefore(before);
  const { jobs: known, states } = await session.snapshot();
  const query = readQuery(job, {
    ...wanted,
    ...(end !== undefined && { before: instantOf(end, states.now) }),
  });
  const records = await session.ask((view, signal, onPage) => view.history.history(query, signal, onPage));
  // A job that is gone may have left a past.
  if (records.length === 0 && job !== undefined && !known.has(job)) throw unknownJob(job, [...known.keys()]);
  const runs = records.map(toJobRun);
  const last = records.length < query.limit ? undefined : runs.at(-1);
  const next = last && formatCursor(last);
  return { json: { runs, next }, text: page => historyText(runs, next, states.now, page) };
}

function instantOf(end: Before, now: number): Date | RunCursor {
  return 'at' in end ? end.at : new Date(now - end.agoMs);
}

function historyText(runs: readonly JobRun[], next: string | undefined, now: number, page: Page): string {
  if (runs.length === 0) return 'The history has no such run';
  const rows = runs.map(run => [
    `${localIso(run.tick)} ${page.paint.dim(fromNow(run.tick, now))}`,
    plain(run.job),
    paintOutcome(run.outcome, page),
    took(run.durationMs),
    whyOf(run),
  ]);
  const entries = table(['TICK', 'JOB', 'OUTCOME', 'TOOK', 'WHY'].map(page.paint.dim), rows, page.width);
  if (next === undefined) return entries;
  return `${entries}\n${page.paint.dim(`The next page: --before '${plain(next)}'`)}`;
}

export async function running(session: Session): Promise<Answer> {
  const { states } = await session.snapshot();
  const runs = await runsNow(session);
  return { json: { runs }, text: page => runningText(runs, states.now, page) };
}

function runningText(runs: readonly JobRun[], now: number, page: Page): string {
  if (runs.length === 0) return 'No job is running';
  const rows = runs.map(({ runId, job, outcome, reason, startedAt, tick, podId }) => {
    if (outcome === 'unreadable') return [paintOutcome(outcome, page), plain(job), '-', plain(reason ?? '')];
    return [plain(runId), plain(job), instant(startedAt ?? tick, now), plain(podId)];
  });
  return table(['RUN ID', 'JOB', 'STARTED', 'POD'].map(page.paint.dim), rows, page.width);
}

async function runsNow(session: Session): Promise<JobRun[]> {
  const records = await session.ask((view, signal, onPage) => view.history.running(signal, onPage));
  return records.map(toJobRun);
}

/*
 * Silence is reported: where a job stands still though it is due, and where no pod leads; and nothing else is reported
 * as such.
 */
import type { ScheduleEvent } from '../../../lib/core/events.js';
import type { SimPod } from '../sim-pod.js';
import type { JobPlan } from '../scenario.js';
import { EPOCH } from '../world/world.js';
import { wasSetBack } from './clock.js';
import { dueOf } from './due.js';
import { haveSchedulesChanged } from './eras.js';
import { watermarkOf } from './watermarks.js';
import { checkResignation } from './resignations.js';
import { holderIn, keys, type Watch } from './watch.js';

const OVERDUE = 'a job that is overdue is reported';
const NOT_OVERDUE = 'only what is overdue is reported';
const LEADERLESS = 'the absence of a leader is reported';

/** Interval of the checks, ms. */
const PROBE_MS = 500;
/** Of the protocol: a job is overdue, and pods are stuck, after a ttl and this time. */
const BEYOND_TTL_MS = 5000;
/** A message, a moment of each timer. */
const SLACK_MS = 1500;
/** Clocks of servers that follow each other differ by up to this, and a pod knows the time no better than this. */
const CLOCK_ERROR_MS = 120;
/** Of the protocol: the number of jobs that each attempt checks. */
const CHECKED_AT_ONCE = 20;
/** Faults that leave every pod able to see what goes on, but the one that they name. */
const SEEN_BY_OTHERS: ReadonlySet<string> = new Set([
  'block-one',
  'job-stop',
  'job-pause',
  'run-now',
  'script-flush',
  'hold-lease',
]);

type OverdueEvent = Extract<ScheduleEvent, { type: 'job.overdue' }>;

/** A pod has reported that a job is overdue; in true time, but for the tick. */
interface Overdue {
  readonly job: string;
  readonly tick: number;
  readonly holder: string;
  readonly isAskedToResign: boolean;
  readonly atMs: number;
}

/** Reports that the checks remember; instants in true time. */
export class ReportLog {
  /** By job: from when on watermarks were there, in order. */
  readonly watermarks = new Map<string, { readonly atMs: number; readonly mark: number }[]>();
  /** By job: a tick that is behind, by the last check, and since when no pod has reported it. */
  readonly behind = new Map<string, { readonly leader: string; readonly sinceMs: number }>();
  readonly overdue: Overdue[] = [];
  /** Leaders that have resigned, and no person wanted it. */
  readonly resigned: string[] = [];
  /** Since when no pod has had the lease, and since when one has. */
  freeSinceMs: number | undefined = 0;
  ledSinceMs: number | undefined;
}

/** A script was executed. */
export function checkReportedWatermarks({ scenario, simulation, reports }: Watch): void {
  for (const { name } of scenario.jobs) {
    const mark = watermarkOf(simulation.redis.master, name);
    const known = reports.watermarks.get(name) ?? [];
    if (known.at(-1)?.mark !== mark) known.push({ atMs: simulation.world.nowMs, mark });
    reports.watermarks.set(name, known);
  }
}

/** A pod says that a job is overdue: it is, by what Redis had when the pod read it. */
export function onOverdue(watch: Watch, process: string, event: OverdueEvent): void {
  const { job, tick, podId: holder, isResignationRequested: isAskedToResign } = event;
  const { history, scenario, simulation, reports } = watch;
  const { world, redis } = simulation;
  reports.overdue.push({ job, tick: tick.getTime(), holder, isAskedToResign, atMs: world.nowMs });
  const plan = scenario.jobs.find(({ name }) => name === job);
  if (plan === undefined) return;
  if (history.losses.length > 0 || history.clockSetBack || haveSchedulesChanged(watch))
    return history.leaveOut(NOT_OVERDUE, 'Redis lost something, or the schedule changed');
  history.judge(NOT_OVERDUE);
  const lateMs = redis.master.nowMs - tick.getTime();
  const ttlMs = simulation.pods.find(({ id }) => id === process)?.timing.ttlMs ?? 0;
  const leastMs = ttlMs + BEYOND_TTL_MS + (plan.jitterMs ?? 0);
  if (lateMs < leastMs - CLOCK_ERROR_MS)
    history.violated(NOT_OVERDUE, `${process} reports ${job} ${tick.getTime()}, due for ${lateMs} ms`);
  // An answer is no older than that.
  const reached = reports.watermarks.get(job)?.find(({ mark }) => mark >= tick.getTime());
  // After a step back watermarks may go back as well.
  const isDecided =
    !wasSetBack(watch) && reached !== undefined && reached.atMs < world.nowMs - watch.longest.ttlMs;
  if (isDecided && (reports.watermarks.get(job)?.at(-1)?.mark ?? 0) <= redis.master.nowMs + BEYOND_TTL_MS)
    history.violated(NOT_OVERDUE, `${process} reports ${job} ${tick.getTime()}, which is decided`);
}

/** A leader resigns, and no person wanted it: a pod has reported which job it does not run. */
export function onResigned(watch: Watch, process: string): void {
  const { scenario, history, blame, reports } = watch;
  if (scenario.hasResigningListener === true || scenario.faults.some(({ kind }) => kind === 'resign')) return;
  checkResignation(watch, process);
  reports.resigned.push(process);
  history.judge(OVERDUE);
  if (!blame.askedAt.has(process))
    history.violated(OVERDUE, `${process} resigns, and no pod has reported a job that is overdue`);
}

/** Checks jobs and leadership now and then, from now on. */
export function probeReports(watch: Watch): void {
  const { scenario, simulation } = watch;
  const hurt = new Set(
    scenario.faults.flatMap(fault => ('pod' in fault && fault.kind === 'block-one' ? [fault.pod] : [])),
  );
  const isSeen = scenario.faults.every(({ kind }) => SEEN_BY_OTHERS.has(kind));
  // Each pod reports by its own ttl: where they differ, what one reports is judged alone.
  const areTimesAlike = scenario.pods.every(({ timing }) => timing === undefined);
  const isJudged = isSeen && areTimesAlike && scenario.redis === 'ordinary' && !haveSchedulesChanged(watch);
  const probe = (): void => {
    checkLease(watch);
    const fit = simulation.pods.filter(pod => isFit(watch, pod) && !hurt.has(nameOf(pod)));
    if (isJudged) for (const plan of scenario.jobs) checkJob(watch, plan, fit);
    if (isJudged) for (const pod of fit) checkPod(watch, pod);
    simulation.world.after(PROBE_MS, probe);
  };
  simulation.world.after(PROBE_MS, probe);
}

function nameOf({ id }: SimPod): string {
  return id.slice(0, id.lastIndexOf('-'));
}

/** It runs, and has done so for longer than anything takes that it reports. */
function isFit({ simulation, longest }: Watch, { process, isStopping, startedAtMs }: SimPod): boolean {
  const longMs = 2 * (longest.ttlMs + BEYOND_TTL_MS) + SLACK_MS;
  return process.isRunning && !isStopping && simulation.world.nowMs - startedAtMs > longMs;
}

function checkLease({ simulation, reports }: Watch): void {
  const { data } = simulation.redis.master.double;
  const lease = data.value(keys.lease);
  const isLed = holderIn(lease) !== '';
  const { nowMs } = simulation.world;
  reports.freeSinceMs = isLed ? undefined : (reports.freeSinceMs ?? nowMs);
  reports.ledSinceMs = isLed ? (reports.ledSinceMs ?? nowMs) : undefined;
}

/** A job stands still under one leader, and a pod that has it checks it with one of its attempts. */
function checkJob(watch: Watch, plan: JobPlan, fit: readonly SimPod[]): void {
  const { history, scenario, simulation, opened, reports } = watch;
  const { nowMs } = simulation.world;
  const lease = simulation.redis.master.double.data.value(keys.lease);
  const leader = typeof lease === 'string' ? lease : '';
  const holder = holderIn(lease);
  const delayMs = (plan.initialDelayMs ?? 0) + SLACK_MS;
  const seers = fit.filter(
    pod => pod.id !== holder && pod.ticking.has(plan.name) && nowMs - pod.startedAtMs > delayMs,
  );
  const until = EPOCH + nowMs - watch.longest.ttlMs - BEYOND_TTL_MS - (plan.jitterMs ?? 0) - CLOCK_ERROR_MS;
  // A pod does not search for ticks before it began.
  const from = Math.max(
    opened.get(plan.name) ?? Infinity,
    ...seers.map(({ startedAtMs }) => EPOCH + startedAtMs + SLACK_MS),
  );
  const due = dueOf(plan.cron).latest(from, until);
  const isBehind =
    holder !== '' &&
    seers.length > 0 &&
    due !== undefined &&
    standsAt(watch, plan.name) < due &&
    !isExcused(watch, plan);
  if (!isBehind) return void reports.behind.delete(plan.name);
  const known = reports.behind.get(plan.name);
  const sinceMs = known?.leader === leader ? known.sinceMs : nowMs;
  reports.behind.set(plan.name, { leader, sinceMs });
  // All jobs come round; and where some were reported, the others are a ttl later.
  const rounds = Math.ceil(scenario.jobs.length / CHECKED_AT_ONCE) + 1;
  const boundMs = watch.longest.ttlMs + rounds * watch.longest.intervalMs + SLACK_MS;
  if (nowMs - sinceMs < boundMs) return;
  history.judge(OVERDUE);
  if (!reports.overdue.some(({ job, atMs }) => job === plan.name && atMs > sinceMs - boundMs))
    history.violated(OVERDUE, `${plan.name} ${due}, under ${holder} since ${Math.round(sinceMs)}`);
}

/** Where a job stands, or when a run of an earlier term last blocked it. */
function standsAt({ simulation }: Watch, job: string): number {
  const hash = simulation.redis.master.double.data.value(keys.job(job));
  const blockedAt = Number(hash instanceof Map ? (hash.get('barredAt') ?? 0) : 0);
  return Math.max(watermarkOf(simulation.redis.master, job), blockedAt);
}

/** A user has started it on the leader since, or on the pod itself: ticks up to then are not missed. */
function isExcused({ scenario, simulation, longest }: Watch, { name }: JobPlan): boolean {
  const longMs = 2 * (longest.ttlMs + BEYOND_TTL_MS);
  return scenario.faults.some(
    fault =>
      fault.kind === 'job-stop' &&
      fault.job === name &&
      simulation.world.nowMs > fault.atMs &&
      simulation.world.nowMs < Math.min(fault.atMs + fault.forMs, scenario.quietAtMs) + longMs,
  );
}

/** The measure of `status()` and the health indicator: for how long a pod that sees Redis has seen no leader. */
function checkPod(watch: Watch, pod: SimPod): void {
  const { history, simulation, reports } = watch;
  const { nowMs } = simulation.world;
  const boundMs = pod.timing.ttlMs + BEYOND_TTL_MS;
  const isReported = pod.parts.elector.leaderlessMs > boundMs;
  const lateMs = pod.timing.intervalMs + SLACK_MS;
  const freeMs = nowMs - (reports.freeSinceMs ?? nowMs);
  const ledMs = nowMs - (reports.ledSinceMs ?? nowMs);
  history.judge(LEADERLESS);
  if (!isReported && freeMs > boundMs + lateMs)
    history.violated(LEADERLESS, `${pod.id} does not see that no pod leads for ${Math.round(freeMs)} ms`);
  if (isReported && ledMs > lateMs)
    history.violated(LEADERLESS, `${pod.id} sees no leader, and there is one for ${Math.round(ledMs)} ms`);
}

/*
 * By which schedule a job ticks since when: another pod may lead that has another one. Judged by the schedules that pods
 * really have, whenever a pod asks where its jobs stand; not by what the library writes down about schedules.
 */
import { openJobs } from '../../../lib/adapters/redis/redis-scripts.js';
import type { Reply } from '../redis-double/reply.js';
import type { JobPlan } from '../scenario.js';
import type { SimServer } from '../world/sim-server.js';
import type { SimPod } from '../sim-pod.js';
import { wasSetBack } from './clock.js';
import { dueOf, dueThrough, type Due } from './due.js';
import { keys, type Watch } from './watch.js';

const AT_PRESENT = 'a changed schedule begins at the present';
const STAYS = 'a job stays where it stands while its schedule stays';
const OF_SCHEDULE = 'a tick is one of the schedule by which its pod has opened the job';

/** Time by which a tick may be claimed before it is due, ms. */
const EARLY_MS = 50;

/** Ticks in `(from, until]`, Unix ms, are those of one schedule. */
export interface Era {
  readonly cron: string;
  readonly from: number;
  until: number;
}

/** The schedule by which a process has opened a job. */
interface ActiveSchedule {
  readonly cron: string;
  /** By the clock of the server. */
  readonly openedAt: number;
  /** By what it had opened it until then. */
  readonly before: ActiveSchedule | undefined;
}

export class ScheduleLog {
  /** By job; only of scenarios in which schedules change. */
  readonly eras = new Map<string, Era[]>();
  /** By process and job. */
  readonly active = new Map<string, ActiveSchedule>();
  /** Highest watermark of each job on any server. */
  readonly watermarks = new Map<string, number>();
  /** Jobs that were opened on a server which is no master any more. */
  readonly strayed = new Set<string>();
  /** Ticks of which something was written. */
  readonly known = new Set<string>();
}

/** Whether jobs follow other schedules on some pods, or at some time. */
export function haveSchedulesChanged({ scenario }: Pick<Watch, 'scenario'>): boolean {
  return (
    scenario.pods.some(({ schedules }) => schedules !== undefined) ||
    scenario.faults.some(({ kind }) => kind === 'reschedule')
  );
}

/** When a job is due, by all the schedules that it has had; by that of its plan where it has had no other. */
export function dueIn({ schedules }: Pick<Watch, 'schedules'>, { name, cron }: JobPlan): Due {
  const eras = schedules.eras.get(name);
  return eras === undefined ? dueOf(cron) : dueThrough(eras);
}

/** The schedule that was in force at an instant. */
export function dueAt({ schedules }: Pick<Watch, 'schedules'>, { name, cron }: JobPlan, tick: number): Due {
  return dueOf(schedules.eras.get(name)?.findLast(({ from }) => from < tick)?.cron ?? cron);
}

/** A server knows nothing of a job, which begins again. */
export function forgetEras({ schedules }: Watch, job: string): void {
  schedules.eras.delete(job);
  schedules.watermarks.delete(job);
}

/** By what a job of a pod is to tick: what stands in Redis in place of its own schedule holds for all pods. */
export function cronInForce({ double }: SimServer, pod: SimPod | undefined, job: string): string | undefined {
  const hash = double.data.value(keys.job(job));
  const order = hash instanceof Map ? String(hash.get('order') ?? '') : '';
  return /^\{"schedule":"([^"]*)"/.exec(order)?.[1] ?? pod?.cronOf(job);
}

/** A server has executed a command: a pod may have read where its jobs stand. Called before watermarks are checked. */
export function checkOpened(watch: Watch, server: SimServer, args: readonly string[], reply: Reply): void {
  const [name, text, count = '0', ...rest] = args;
  // The text of a script is put together from files at each request.
  const isOpening = text === (name === 'EVAL' ? openJobs.lua : openJobs.sha1);
  if (!isOpening || !haveSchedulesChanged(watch)) return;
  if (!Array.isArray(reply) || reply[1] !== 'opened') return;
  const [process = '', , ...jobs] = rest.slice(Number(count));
  for (const [index, mark] of (reply as readonly Reply[]).slice(2).entries())
    // An override that is to be followed first opens nothing.
    if (typeof mark === 'string')
      onOpened(watch, server, { process, job: jobs[4 * index] ?? '', mark: Number(mark) });
}

interface Opening {
  readonly process: string;
  readonly job: string;
  /** Ticks after it are open, Unix ms. */
  readonly mark: number;
}

function onOpened(watch: Watch, server: SimServer, opening: Opening): void {
  const { process, job, mark } = opening;
  const { schedules, simulation, history } = watch;
  const cron = cronInForce(server, simulation.booted.get(process), job);
  if (cron === undefined) return;
  const id = `${process} ${job}`;
  const active = schedules.active.get(id);
  if (active?.cron !== cron) schedules.active.set(id, { cron, openedAt: server.nowMs, before: active });
  if (server !== simulation.redis.master) return void schedules.strayed.add(job);
  const before = schedules.watermarks.get(job) ?? 0;
  const eras = schedules.eras.get(job) ?? [];
  schedules.eras.set(job, eras);
  const last = eras.at(-1);
  const hasLost = history.losses.length > 0;
  if (last !== undefined) assertWatermark(watch, server, { opening: { ...opening, cron }, before, last });
  // Where Redis has lost which schedule it was, the job may begin anew, or a schedule that was lost go on.
  if (last === undefined || last.cron !== cron || (hasLost && eras.length > 1 && mark !== before)) {
    // A server that was left behind may have given the job its new schedule, too: what counts is where it stood here.
    const stood = hasLost ? (watch.watermarks.get(server.name)?.get(job) ?? before) : before;
    if (last !== undefined) last.until = Math.min(before, stood);
    eras.push({ cron, from: mark, until: Infinity });
  }
}

/** A job that is opened again stands where it stood; with another schedule, at the present. */
function assertWatermark(
  watch: Watch,
  server: SimServer,
  {
    opening: { process, job, mark, cron },
    before,
    last,
  }: { readonly opening: Opening & { readonly cron: string }; readonly before: number; readonly last: Era },
): void {
  const { history } = watch;
  const isSame = last.cron === cron;
  const rule = isSame ? STAYS : AT_PRESENT;
  if (history.losses.length > 0) return history.leaveOut(rule, 'Redis lost something');
  if (wasSetBack(watch)) return history.leaveOut(rule, 'the clock of Redis was set back');
  history.judge(rule);
  if (isSame ? mark !== before : mark < Math.floor(server.nowMs))
    history.violated(
      rule,
      `${process} ${job}: '${last.cron}' up to ${before}, then '${cron}' from ${mark} on`,
    );
}

/** A record of a tick was written: the first writer has found it in a schedule. */
export function onTickWritten(
  watch: Pick<Watch, 'scenario' | 'schedules' | 'history'>,
  { name }: Pick<JobPlan, 'name'>,
  slot: string,
  packed: string,
): void {
  const { schedules, history } = watch;
  if (!haveSchedulesChanged(watch) || slot.includes('@') || schedules.known.has(`${name} ${slot}`)) return;
  schedules.known.add(`${name} ${slot}`);
  const process = processIn(packed);
  const active = schedules.active.get(`${process} ${name}`);
  const tick = Number(slot);
  // Jobs that tick once a term are judged by `checkTerms`.
  const isOf = (cron: string): boolean =>
    cron.startsWith('@timeout') || dueOf(cron).latest(tick - 1, tick) === tick;
  history.judge(OF_SCHEDULE);
  if (!isOfActiveSchedules(active, tick, isOf))
    history.violated(OF_SCHEDULE, `${process} ${name} ${slot}: ${active?.cron ?? 'not opened'}`);
}

/**
 * Of the schedule of now, or of an earlier one if it was due before the job was opened by the next: it may have waited
 * for its moment within the jitter, for an answer, or for a run, while schedules changed more than once.
 */
function isOfActiveSchedules(
  active: ActiveSchedule | undefined,
  tick: number,
  isOf: (cron: string) => boolean,
): boolean {
  for (let one = active, untilMs = Infinity; one !== undefined; one = one.before) {
    if (tick <= untilMs && isOf(one.cron)) return true;
    untilMs = one.openedAt + EARLY_MS;
  }
  return false;
}

/**
 * Something was written about a tick. Where the master knows nothing of the schedule since it lost its memory, its leader
 * has kept its term and does not open the job anew: the job follows the schedule of the last
 * opening by that pod.
 */
export function resumeEra(
  { scenario, schedules, opened }: Pick<Watch, 'scenario' | 'schedules' | 'opened'>,
  { name }: Pick<JobPlan, 'name'>,
  slot: string,
  packed: string,
): void {
  const from = opened.get(name);
  const active = schedules.active.get(`${processIn(packed)} ${name}`);
  const isKnown = schedules.eras.has(name) || slot.includes('@');
  if (isKnown || from === undefined || active === undefined || !haveSchedulesChanged({ scenario })) return;
  schedules.eras.set(name, [{ cron: active.cron, from, until: Infinity }]);
}

/** The process that wrote it, as the record says. */
function processIn(packed: string): string {
  return /"pod":"([^"]*)"/.exec(packed)?.[1] ?? '';
}

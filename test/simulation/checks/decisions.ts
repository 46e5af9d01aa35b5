import type { CatchUp } from '../../../lib/core/job/job-policy.js';
import type { RunRecord } from '../../../lib/ports/history-store.js';
import { overAtMs, type ReportedEvent } from '../history.js';
import type { JobPlan } from '../scenario.js';
import { EPOCH } from '../world/world.js';
import { serverAt } from './clock.js';
import { dueOf } from './due.js';
import { dueAt, dueIn } from './eras.js';
import { watermarkOf } from './watermarks.js';
import { hasKeyOfOtherType, OTHER_TYPE } from './other-type.js';
import { recordsOf } from './records.js';
import type { Decided } from './writes.js';
import type { Watch } from './watch.js';

/** The longest run, and what it takes to decide about the ticks behind it. */
export const SETTLED_BEFORE_END_MS = 19_000;

/** G3: every tick ran, or it was written down why it did not. */
export function checkDecisions(watch: Watch, plan: JobPlan): void {
  const { history, scenario, opened, simulation } = watch;
  const { master } = simulation.redis;
  const from = opened.get(plan.name);
  if (from === undefined) {
    // A watermark that was lost with Redis's memory is set again by the next tick, and a date has none.
    const end = serverAt(watch, scenario.endsAtMs - SETTLED_BEFORE_END_MS);
    if (dueIn(watch, plan).latest(lastLossAt(watch), end) !== undefined)
      history.violated('every job is opened', `${plan.name} is not`);
    return;
  }
  const mark = watermarkOf(master, plan.name);
  const isBusy = isWorkingOff(watch, plan);
  const settled = serverAt(watch, scenario.endsAtMs - SETTLED_BEFORE_END_MS);
  const until = Math.min(settled, isBusy ? mark : Infinity);
  const ticks = ticksIn(watch, plan, from, until);
  if (hasKeyOfOtherType(watch, plan.name)) return history.leaveOut(DECIDED, OTHER_TYPE, ticks.length);
  const last = dueIn(watch, plan).latest(from, until);
  if (last !== undefined && mark < last && last > lastLossAt(watch) && !isBeforeStart(watch, plan, last))
    history.violated('G3: watermarks keep up', `${plan.name} stands at ${mark}, and ${last} is long due`);
  history.counters.due += ticks.length;
  const isDecided = decidedTicks(watch, plan);
  const records = recordsOf(watch, plan);
  for (const tick of ticks) {
    if (isLost(watch, plan, tick)) {
      history.leaveOut(DECIDED, 'its record was lost');
      continue;
    }
    if (!isDecided(tick) && isBeforeStart(watch, plan, tick)) {
      history.leaveOut(DECIDED, 'a user started the job after it');
      continue;
    }
    if (!isDecided(tick) && watch.schedules.strayed.has(plan.name)) {
      history.leaveOut(DECIDED, 'the job was opened by its schedule on a server that was left behind');
      continue;
    }
    history.judge(DECIDED);
    if (isDecided(tick)) continue;
    const record = records.find(one => one.tick === tick);
    if (isBusy && (mayWait(record) || isJustClaimed(record, watch))) continue;
    history.violated(DECIDED, `${plan.name} ${tick}: ${record?.state ?? 'no record'}`);
  }
  checkMissed(watch, plan);
}

const DECIDED = 'G3: every tick is decided';
const MADE_UP = 'G3: what is missed is caught up by policy';

/** A pod knows the time of Redis no better than this. */
const SKEW_OF_START_MS = 150;

/** Clocks of pods may be so far off, and a pod measures the window by its own. */
const SKEW_MS = 60_000;

/** Ticks are given up as the policy says: with `all` nothing in the window, with `latest` all but the newest. */
export function checkMissed(watch: Pick<Watch, 'history' | 'writes' | 'schedules'>, plan: JobPlan): void {
  const { history, writes } = watch;
  const { name, catchUp, catchUpWindowMs } = plan;
  for (const { state, tick, at, isHasty = false, cron } of writes.decided.get(name) ?? []) {
    if (state !== 'missed') continue;
    const isBeyond = at - tick >= catchUpWindowMs - SKEW_MS;
    if (catchUp === 'skip' || isBeyond || isHasty) {
      history.leaveOut(MADE_UP, reasonOf({ catchUp, isBeyond }));
      continue;
    }
    if (catchUp === 'all' && isBeyondMost(watch, plan, tick, at)) {
      history.leaveOut(MADE_UP, 'more ticks were missed than are caught up');
      continue;
    }
    history.judge(MADE_UP);
    // The one after it is due by then, and runs.
    const newer = (cron === undefined ? dueAt(watch, plan, tick) : dueOf(cron)).next(tick);
    if (catchUp === 'all' || newer === undefined || newer > at + EARLY_MS)
      history.violated(MADE_UP, `${name} gives up ${tick} at ${at}, by ${catchUp}`);
  }
}

/** Of the protocol: `all` catches up at most this number, the newest ones. */
const MOST_MADE_UP = 100;

function isBeyondMost(watch: Pick<Watch, 'schedules'>, plan: JobPlan, tick: number, at: number): boolean {
  let newer: number | undefined = tick;
  for (let count = 0; count < MOST_MADE_UP && newer !== undefined; count += 1)
    newer = dueAt(watch, plan, tick).next(newer);
  return newer !== undefined && newer <= at + EARLY_MS;
}

function reasonOf({ catchUp, isBeyond }: { readonly catchUp: CatchUp; readonly isBeyond: boolean }): string {
  if (catchUp === 'skip') return 'the policy gives up all';
  return isBeyond ? 'beyond the window' : 'the clock of its pod was set forward';
}

/** Time by which a tick may be claimed before it is due, ms. */
const EARLY_MS = 50;

/** Whether a tick ran, or a pod recorded why it did not; or at least reported it, where Redis has lost the record. */
function decidedTicks(watch: Watch, plan: JobPlan): (tick: number) => boolean {
  const { history, writes } = watch;
  const ticks = new Set(
    history.calls.flatMap(call => (call.job === plan.name && !call.manual ? [call.tick] : [])),
  );
  for (const tick of reportedNotRun(watch, plan)) ticks.add(tick);
  const spans: Decided[] = [];
  for (const decided of writes.decided.get(plan.name) ?? [])
    if (decided.since === decided.tick - 1) ticks.add(decided.tick);
    else spans.push(decided);
  return tick => ticks.has(tick) || spans.some(({ since, tick: last }) => since < tick && tick <= last);
}

/** In strict mode too: replicas must confirm claims, but not ticks that wait for the end of a run. */
function isLost({ lost }: Watch, { name }: JobPlan, tick: number): boolean {
  return lost.has(name, String(tick), false);
}

/** Ticks before a manual start are not the job's on that pod, whether they fell due while it was stopped or earlier. */
function isBeforeStart({ history }: Watch, { name }: JobPlan, tick: number): boolean {
  return history.userStarts.some(({ job, at }) => job === name && tick < at + SKEW_OF_START_MS);
}

/** Its turn came with the end: the answer may be under way. */
function isJustClaimed(record: RunRecord | undefined, watch: Watch): boolean {
  return record?.state === 'claimed' && record.at > serverAt(watch, watch.scenario.endsAtMs - 1000);
}

function lastLossAt({ history }: Watch): number {
  return EPOCH + (history.losses.at(-1)?.atMs ?? -Infinity);
}

/** The ticks in `(from, until]`. */
function ticksIn(watch: Watch, plan: JobPlan, from: number, until: number): number[] {
  const schedule = dueIn(watch, plan);
  const ticks: number[] = [];
  for (let tick = schedule.next(from); tick !== undefined && tick <= until; tick = schedule.next(tick))
    ticks.push(tick);
  return ticks;
}

/** Ticks that wait for long runs, one after the other, are decided when their turn comes. */
export function isWorkingOff({ history, scenario }: Watch, plan: JobPlan): boolean {
  const { name, overlap, durationsMs, endlessRate = 0 } = plan;
  if (overlap === 'allow' || (Math.max(...durationsMs) < 1500 && endlessRate === 0)) return false;
  const lateMs = scenario.endsAtMs - SETTLED_BEFORE_END_MS;
  return history.calls.some(call => call.job === name && overAtMs(call) > lateMs);
}

/** A decision may be lost with Redis's memory; then a report of it is enough. */
function reportedNotRun(watch: Watch, plan: JobPlan): number[] {
  const { history } = watch;
  if (history.losses.length === 0) return [];
  return history.reported.flatMap(event => notRunBy(watch, event, plan));
}

function notRunBy(
  watch: Watch,
  { type, job, tick, since = tick - 1 }: ReportedEvent,
  plan: JobPlan,
): number[] {
  const isAboutIt = job === plan.name && (type === 'job.skipped' || type === 'job.missed');
  return isAboutIt ? ticksIn(watch, plan, since, tick) : [];
}

/** A tick that is queued, or was released, waits for the run lock. */
export function mayWait(record: RunRecord | undefined): boolean {
  return record?.state === 'queued' || record?.state === 'released';
}

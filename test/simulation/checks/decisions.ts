import type { RunRecord } from '../../../lib/ports/history-store.js';
import type { Told } from '../history.js';
import type { JobPlan } from '../scenario.js';
import { scheduleOf } from '../sim-pod.js';
import { EPOCH } from '../world/world.js';
import { markOf } from './marks.js';
import { recordsOf } from './records.js';
import type { Watch } from './watch.js';

/** The longest run, and what it takes to decide about the ticks behind it. */
export const SETTLED_BEFORE_END_MS = 19_000;

/** G3: every tick ran, or it is on record why it did not. */
export function checkDecisions(watch: Watch, plan: JobPlan): void {
  const { history, scenario, opened, simulation } = watch;
  const { master } = simulation.redis;
  const from = opened.get(plan.name);
  if (from === undefined) return history.violated('every job is opened', `${plan.name} is not`);
  const mark = markOf(master, plan.name);
  const isBusy = isWorkingOff(watch, plan);
  const until = Math.min(EPOCH + scenario.endsAtMs - SETTLED_BEFORE_END_MS, isBusy ? mark : Infinity);
  const last = scheduleOf(plan.cron).latest(from, until);
  // A mark that was lost with Redis's memory is set again by the next tick, and a date has none.
  if (last !== undefined && mark < last && last > lastLossAt(watch))
    history.violated('G3: marks keep up', `${plan.name} stands at ${mark}, and ${last} is long due`);
  const ticks = ticksIn(plan, from, until);
  history.tally.due += ticks.length;
  if (plan.keep < 10_000) return;
  const called = new Set(
    history.calls.flatMap(call => (call.job === plan.name && !call.manual ? [call.tick] : [])),
  );
  for (const tick of toldNotToRun(watch, plan)) called.add(tick);
  const records = recordsOf(watch, plan);
  for (const tick of ticks) {
    // With its memory Redis loses what was decided, though not run: what waited for a run to end.
    if (tick <= lastLossAt(watch) || called.has(tick) || isOnRecord(records, tick)) continue;
    const record = records.find(one => one.tick === tick);
    if (isBusy && (mayWait(record) || isJustClaimed(record, watch))) continue;
    history.violated('G3: every tick is decided', `${plan.name} ${tick}: ${record?.state ?? 'no record'}`);
  }
  for (const record of records)
    if (isGivenUp(record, plan))
      history.violated('G3: what is missed is made up', `${plan.name} ${record.tick} at ${record.at}`);
}

/** Clocks of pods may be so far off, and a pod measures the window by its own. */
const SKEW_MS = 60_000;

/** Whether ticks were given up that the job's policy makes up. */
function isGivenUp({ state, tick, at, manual }: RunRecord, { catchUp, catchUpWindowMs }: JobPlan): boolean {
  return !manual && catchUp === 'all' && state === 'missed' && at - tick < catchUpWindowMs - SKEW_MS;
}

/** Its turn came with the end: the answer may be under way. */
function isJustClaimed(record: RunRecord | undefined, { scenario }: Watch): boolean {
  return record?.state === 'claimed' && record.at > EPOCH + scenario.endsAtMs - 1000;
}

function lastLossAt({ history }: Watch): number {
  return EPOCH + (history.losses.at(-1)?.atMs ?? -Infinity);
}

/** The ticks in `(from, until]`. */
function ticksIn({ cron }: JobPlan, from: number, until: number): number[] {
  const schedule = scheduleOf(cron);
  const ticks: number[] = [];
  for (let tick = schedule.next(from); tick !== undefined && tick <= until; tick = schedule.next(tick))
    ticks.push(tick);
  return ticks;
}

/** Ticks that wait for long runs, one after the other, are decided when their turn comes. */
export function isWorkingOff({ history, scenario }: Watch, { name, overlap, durationsMs }: JobPlan): boolean {
  if (overlap === 'allow' || Math.max(...durationsMs) < 1500) return false;
  const lateMs = scenario.endsAtMs - SETTLED_BEFORE_END_MS;
  return history.calls.some(({ job, endedAtMs = Infinity }) => job === name && endedAtMs > lateMs);
}

/** A decision may be lost with Redis's memory; then it has to do that somebody was told of it. */
function toldNotToRun({ history }: Watch, plan: JobPlan): number[] {
  if (history.losses.length === 0) return [];
  return history.told.flatMap(told => notRunBy(told, plan));
}

function notRunBy({ type, job, tick, since = tick - 1 }: Told, plan: JobPlan): number[] {
  const isAboutIt = job === plan.name && (type === 'job.skipped' || type === 'job.missed');
  return isAboutIt ? ticksIn(plan, since, tick) : [];
}

function isOnRecord(records: readonly RunRecord[], tick: number): boolean {
  return records.some(({ tick: last, state, facts, manual }) => {
    if (manual) return false;
    if (last === tick) return state !== 'claimed' && state !== 'released' && state !== 'queued';
    const since = facts['since'];
    return state === 'missed' && typeof since === 'number' && since < tick && tick < last;
  });
}

/** What is queued or was given back waits for the run-lock. */
export function mayWait(record: RunRecord | undefined): boolean {
  return record?.state === 'queued' || record?.state === 'released';
}

import { parseRecord } from '../../../lib/adapters/redis/run-codec.js';
import type { RunRecord } from '../../../lib/ports/history-store.js';
import type { JobPlan } from '../scenario.js';
import type { Told } from '../history.js';
import { scheduleOf } from '../sim-pod.js';
import { EPOCH } from '../world/world.js';
import { markOf } from './marks.js';
import { keys, mayLose, type Watch } from './watch.js';

/** The longest run, and what it takes to decide about the ticks behind it. */
const SETTLED_BEFORE_END_MS = 19_000;

/** What must hold when everything was whole for a while. */
export function checkTheEnd(watch: Watch): void {
  const { scenario, history, simulation } = watch;
  const leaders = simulation.pods.filter(({ parts }) => parts.elector.isLeader());
  if (leaders.length !== 1) history.violated('somebody leads in the end', `${leaders.length} pods do`);
  for (const pod of simulation.pods)
    if (pod.isStopping) history.violated('a shutdown ends', `${pod.id} is still stopping`);
  for (const plan of scenario.jobs) {
    checkSingleStarts(watch, plan);
    checkDecisions(watch, plan);
    checkRecords(watch, plan);
  }
  checkUnfinished(watch);
}

/** G1, and in strict mode G2: one run at most starts for a tick. */
function checkSingleStarts(watch: Watch, plan: JobPlan): void {
  const { history } = watch;
  if (plan.recover || mayLose(watch)) return;
  const runOf = new Map<number, string>();
  for (const { job, tick, runId, manual, process } of history.calls) {
    if (job !== plan.name || manual) continue;
    const known = runOf.get(tick);
    if (known !== undefined && known !== runId)
      history.violated('G1: a tick starts once', `${job} ${tick}: ${known}, then ${runId} on ${process}`);
    runOf.set(tick, runId);
  }
}

/** G3: every tick ran, or it is on record why it did not. */
function checkDecisions(watch: Watch, plan: JobPlan): void {
  const { history, scenario, opened, simulation } = watch;
  const { master } = simulation.redis;
  const from = opened.get(plan.name);
  if (from === undefined) return history.violated('every job is opened', `${plan.name} is not`);
  const mark = markOf(master, plan.name);
  const isBusy = isWorkingOff(watch, plan);
  const until = Math.min(EPOCH + scenario.endsAtMs - SETTLED_BEFORE_END_MS, isBusy ? mark : Infinity);
  const schedule = scheduleOf(plan.cron);
  const last = schedule.latest(from, until);
  if (last !== undefined && mark < last)
    history.violated('G3: marks keep up', `${plan.name} stands at ${mark}, and ${last} is long due`);
  for (let tick = schedule.next(from); tick !== undefined && tick <= until; tick = schedule.next(tick))
    history.tally.due += 1;
  if (plan.keep < 10_000) return;
  const called = new Set(
    history.calls.flatMap(call => (call.job === plan.name && !call.manual ? [call.tick] : [])),
  );
  const records = recordsOf(watch, plan);
  for (const tick of toldNotToRun(watch, plan)) called.add(tick);
  for (let tick = schedule.next(from); tick !== undefined && tick <= until; tick = schedule.next(tick)) {
    if (called.has(tick) || isOnRecord(records, tick)) continue;
    const record = records.find(one => one.tick === tick);
    if (isBusy && mayWait(record, plan)) continue;
    history.violated('G3: every tick is decided', `${plan.name} ${tick}: ${record?.state ?? 'no record'}`);
  }
}

/** Ticks that wait for long runs, one after the other, are decided when their turn comes. */
function isWorkingOff({ history, scenario }: Watch, { name, overlap, durationsMs }: JobPlan): boolean {
  if (overlap === 'allow' || Math.max(...durationsMs) < 1500) return false;
  const lateMs = scenario.endsAtMs - SETTLED_BEFORE_END_MS;
  return history.calls.some(({ job, endedAtMs = Infinity }) => job === name && endedAtMs > lateMs);
}

/** A decision may be lost with Redis's memory; then it has to do that somebody was told of it. */
function toldNotToRun({ history }: Watch, plan: JobPlan): number[] {
  if (history.losses.length === 0) return [];
  return history.told.flatMap(told => notRunBy(told, plan));
}

function notRunBy({ type, job, tick, since = tick - 1 }: Told, { name, cron }: JobPlan): number[] {
  if (job !== name || (type !== 'job.skipped' && type !== 'job.missed')) return [];
  const schedule = scheduleOf(cron);
  const ticks: number[] = [];
  for (let one = schedule.next(since); one !== undefined && one <= tick; one = schedule.next(one))
    ticks.push(one);
  return ticks;
}

function isOnRecord(records: readonly RunRecord[], tick: number): boolean {
  return records.some(({ tick: last, state, facts, manual }) => {
    if (manual) return false;
    if (last === tick) return state !== 'claimed' && state !== 'released' && state !== 'queued';
    const since = facts['since'];
    return state === 'missed' && typeof since === 'number' && since < tick && tick < last;
  });
}

/** What is recorded has happened, and what has happened is recorded. */
function checkRecords(watch: Watch, plan: JobPlan): void {
  const { history, scenario, simulation } = watch;
  if (plan.keep < 10_000 || history.losses.length > 0) return;
  const records = new Map(recordsOf(watch, plan).map(record => [record.runId, record]));
  const calls = new Set(history.calls.map(({ runId }) => runId));
  for (const { runId, state, tick } of records.values())
    if (/^(succeeded|failed|timed-out|aborted)$/.test(state) && !calls.has(runId))
      history.violated('what is recorded has run', `${plan.name} ${tick} ${state}`);
  const stale = new Set(history.told.flatMap(({ type, runId }) => (type === 'job.stale' ? [runId] : [])));
  const alive = new Set(simulation.pods.map(({ id }) => id));
  for (const { type, job, runId, process, atMs, tick } of history.told) {
    if (job !== plan.name || runId === undefined || stale.has(runId) || !alive.has(process)) continue;
    if (atMs > scenario.endsAtMs - 5000 || (type !== 'job.succeeded' && type !== 'job.failed')) continue;
    const state = records.get(runId)?.state ?? 'no record';
    const isRecorded =
      type === 'job.succeeded' ? state === 'succeeded' : /^(failed|timed-out|aborted)$/.test(state);
    if (!isRecorded)
      history.violated('what has run is recorded', `${job} ${tick} ${runId} ${type}: ${state}`);
  }
}

/** Nothing is left behind: what is not over is under way, or waits for what is. */
function checkUnfinished(watch: Watch): void {
  const { history, scenario, simulation } = watch;
  const { master } = simulation.redis;
  const calls = new Set(history.calls.flatMap(call => (call.endedAtMs === undefined ? [call.runId] : [])));
  for (const { name: member, score } of master.double.data.sortedSet(keys.unfinished)?.members ?? []) {
    const at = member.indexOf('|');
    const [slot, job] = [member.slice(0, at), member.slice(at + 1)];
    const hash = master.double.data.hash(keys.runs(job));
    const record = parseRecord(job, slot, hash?.get(slot) ?? '');
    const isRecent = (record?.at ?? 0) > EPOCH + scenario.endsAtMs - SETTLED_BEFORE_END_MS;
    if (isRecent || (record !== undefined && score > 0 && calls.has(record.runId))) continue;
    const plan = scenario.jobs.find(({ name }) => name === job);
    if (plan !== undefined && mayWait(record, plan) && isWorkingOff(watch, plan)) continue;
    history.violated('nothing is left behind', `${member} by ${score}: ${record?.state ?? 'no record'}`);
  }
}

/** What is queued or was given back waits for the run-lock. So does a recovery: a job that is never idle may let it wait for ever. */
function mayWait(record: RunRecord | undefined, { recover }: JobPlan): boolean {
  const isWaiting = record?.state === 'queued' || record?.state === 'released';
  return isWaiting || (record?.state === 'claimed' && recover);
}

function recordsOf({ simulation }: Watch, { name }: JobPlan): RunRecord[] {
  const hash = simulation.redis.master.double.data.hash(keys.runs(name)) ?? new Map<string, string>();
  return [...hash].flatMap(([slot, packed]) => parseRecord(name, slot, packed) ?? []);
}

import { parseRecord } from '../../../lib/adapters/redis/codec/run-codec.js';
import type { JobPlan } from '../scenario.js';
import { checkAborts } from './aborts.js';
import { checkSteps } from './clock-steps.js';
import { serverAt } from './clock.js';
import { checkDecisions, isWorkingOff, mayWait, SETTLED_BEFORE_END_MS } from './decisions.js';
import { checkDifferences } from './differences.js';
import { checkGivenUp } from './endless.js';
import { checkTermKept, hasKeyOfOtherType, OTHER_TYPE } from './other-type.js';
import { checkQueued } from './queued-ticks.js';
import { recordsOf } from './records.js';
import { checkRemoved } from './removed.js';
import { checkRequests } from './requests.js';
import { checkSingleStarts } from './single-starts.js';
import { checkStartRuns } from './start-runs.js';
import { checkStartTimes } from './start-times.js';
import { checkTerms } from './terms.js';
import { checkLeftToThemselves } from './left-to-themselves.js';
import { keys, type Watch } from './watch.js';

/** A leader that resigned for a better pod competes again after a second: by then a pod leads. */
const HANDED_OVER_MS = 1500;

/** Rules that must hold when everything was whole for a while. */
export function checkTheEnd(watch: Watch): void {
  const { scenario, history, simulation, preference } = watch;
  const leaders = simulation.pods.filter(({ parts }) => parts.elector.isLeader());
  const [movedAtMs = -Infinity] = preference.handOversAt.slice(-1);
  const isMoving = leaders.length === 0 && simulation.world.nowMs - movedAtMs < HANDED_OVER_MS;
  if (leaders.length !== 1 && !isMoving)
    history.violated('a pod leads in the end', `${leaders.length} pods do`);
  for (const pod of simulation.pods)
    if (pod.isStopping) history.violated('a shutdown ends', `${pod.id} is still stopping`);
  for (const plan of scenario.jobs) {
    checkSingleStarts(watch, plan);
    checkGivenUp(watch, plan);
    checkTerms(watch, plan);
    if (!isLed(watch, plan)) continue;
    checkDecisions(watch, plan);
    if (hasKeyOfOtherType(watch, plan.name)) continue;
    checkRecords(watch, plan);
    checkUndisturbed(watch, plan);
    checkRequests(watch, plan);
    checkStartRuns(watch, plan);
    if (isAlwaysEverywhere(watch, plan)) {
      checkStartTimes(watch, plan);
      checkQueued(watch, plan);
    }
    checkKept(watch, plan);
  }
  checkRemoved(watch);
  checkSteps(watch);
  checkAborts(watch);
  checkDifferences(watch);
  checkAbandoned(watch);
  checkLeftToThemselves(watch);
  checkUnfinished(watch);
  checkTermKept(watch);
}

/** Whether every pod has the job, and no user stops it anywhere. */
function isAlwaysEverywhere({ scenario: { pods, faults } }: Watch, { name }: JobPlan): boolean {
  const isStopped = faults.some(
    fault => /^job-(stop|remove)$/.test(fault.kind) && 'job' in fault && fault.job === name,
  );
  return !isStopped && pods.every(({ jobs }) => jobs?.includes(name) !== false);
}

/** Whether the leader has the job, and has led long enough to have decided what others left. */
function isLed({ simulation, scenario, history }: Watch, { name }: JobPlan): boolean {
  const leader = simulation.pods.find(({ parts }) => parts.elector.isLeader());
  const isEverywhere = scenario.pods.every(({ jobs }) => jobs?.includes(name) !== false);
  if (isEverywhere) return true;
  const since = history.terms.findLast(({ process }) => process === leader?.id)?.atMs ?? Infinity;
  return leader?.ticking.has(name) === true && scenario.endsAtMs - since > 5000;
}

/** Everything recorded has happened, and everything that happened is recorded. */
function checkRecords(watch: Watch, plan: JobPlan): void {
  const { history, scenario, simulation } = watch;
  if (plan.keep < 10_000 || history.losses.length > 0) return;
  const records = new Map(recordsOf(watch, plan).map(record => [record.runId, record]));
  const calls = new Set(history.calls.map(({ runId }) => runId));
  for (const { runId, state, tick } of records.values())
    if (/^(succeeded|failed|timed-out|aborted)$/.test(state) && !calls.has(runId))
      history.violated('what is recorded has run', `${plan.name} ${tick} ${state}`);
  const stale = new Set(history.reported.flatMap(({ type, runId }) => (type === 'job.stale' ? [runId] : [])));
  const alive = new Set(simulation.pods.map(({ id }) => id));
  for (const { type, job, runId, process, atMs, tick } of history.reported) {
    if (job !== plan.name || runId === undefined || stale.has(runId) || !alive.has(process)) continue;
    if (atMs > scenario.endsAtMs - 5000 || (type !== 'job.succeeded' && type !== 'job.failed')) continue;
    const state = records.get(runId)?.state ?? 'no record';
    const isRecorded =
      type === 'job.succeeded' ? state === 'succeeded' : /^(failed|timed-out|aborted)$/.test(state);
    if (!isRecorded)
      history.violated('what has run is recorded', `${job} ${tick} ${runId} ${type}: ${state}`);
  }
}

/** No more ended runs are on record than the job keeps. */
function checkKept({ history, simulation }: Watch, { name, keep }: JobPlan): void {
  const { data } = simulation.redis.master.double;
  const index = data.sortedSet(keys.index(name))?.size ?? 0;
  history.judge('no more records are kept than wanted');
  if (index > keep)
    history.violated('no more records are kept than wanted', `${name}: ${index} instead of ${keep}`);
}

const REPORTED = 'every abandoned run is reported';

/** Each by one event, of the pod that recorded it. */
function checkAbandoned({ history, writes, simulation, scenario }: Watch): void {
  const alive = new Set(simulation.pods.flatMap(({ id, isStopping }) => (isStopping ? [] : [id])));
  const counts = new Map<string, number>();
  for (const { type, runId } of history.reported)
    if (type === 'job.abandoned' && runId !== undefined) counts.set(runId, (counts.get(runId) ?? 0) + 1);
  for (const { job, tick, runId, process = '', atMs } of writes.abandoned) {
    const isRecent = atMs > scenario.endsAtMs - SETTLED_BEFORE_END_MS;
    if (isRecent || !alive.has(process) || history.losses.length > 0) {
      history.leaveOut(REPORTED, history.losses.length > 0 ? 'Redis lost something' : 'its pod is gone');
      continue;
    }
    history.judge(REPORTED);
    const count = counts.get(runId) ?? 0;
    if (count !== 1) history.violated(REPORTED, `${job} ${tick} ${runId} by ${process}: ${count} events`);
  }
}

/** Once everything is whole, and faults have settled, no run is asked to stop. */
function checkUndisturbed(
  { history, scenario, simulation, longest }: Watch,
  { name, timeoutMs }: JobPlan,
): void {
  if (timeoutMs !== undefined) return;
  const stopping = new Set(simulation.pods.flatMap(({ id, isStopping }) => (isStopping ? [id] : [])));
  for (const { job, tick, process, signal, startedAtMs } of history.calls) {
    if (job !== name || startedAtMs < scenario.quietAtMs + 2 * longest.ttlMs) continue;
    if (signal.aborted && !stopping.has(process))
      history.violated(
        'what nothing disturbs runs to its end',
        `${job} ${tick} on ${process}: ${signal.reason}`,
      );
  }
}

const LEFT_BEHIND = 'nothing is left behind';

/** Nothing is left behind: what is not over is under way, or waits for what is. */
function checkUnfinished(watch: Watch): void {
  const { history, scenario, simulation } = watch;
  const { master } = simulation.redis;
  const calls = new Set(history.calls.flatMap(call => (call.endedAtMs === undefined ? [call.runId] : [])));
  for (const { name: member, score } of master.double.data.sortedSet(keys.unfinished)?.members ?? []) {
    const at = member.indexOf('|');
    const [slot, job] = [member.slice(0, at), member.slice(at + 1)];
    if (hasKeyOfOtherType(watch, job)) {
      history.leaveOut(LEFT_BEHIND, OTHER_TYPE);
      continue;
    }
    history.judge(LEFT_BEHIND);
    const hash = master.double.data.hash(keys.runs(job));
    const record = parseRecord(job, slot, hash?.get(slot) ?? '');
    const isRecent = (record?.at ?? 0) > serverAt(watch, scenario.endsAtMs - SETTLED_BEFORE_END_MS);
    if (isRecent || (record !== undefined && score > 0 && calls.has(record.runId))) continue;
    const plan = scenario.jobs.find(({ name }) => name === job);
    // Runs of a job that the leader does not have are left to pods that have it.
    if (plan !== undefined && !isLed(watch, plan)) continue;
    if (plan !== undefined && mayWait(record) && isWorkingOff(watch, plan)) continue;
    history.violated(LEFT_BEHIND, `${member} by ${score}: ${record?.state ?? 'no record'}`);
  }
}

/*
 * Runs at the start of a version: each job has one for each version, of a pod of that version.
 */
import { isStartHandle, startHandle } from '../../../lib/core/run/start-handle.js';
import type { Call } from '../history.js';
import type { JobPlan } from '../scenario.js';
import { mayLose, keys, type Watch } from './watch.js';

const ONCE = 'a job runs once at the start of a version';
const OF_THE_VERSION = 'a run at the start of a version is of that version';
const REQUESTED = 'a leader requests the runs at the start of its version';
const LOST = 'Redis lost something';

/** A leader that has led for this long, on a pod that has been up for an interval, has requested them. */
const SETTLED_MS = 5000;

export function checkStartRuns(watch: Watch, plan: JobPlan): void {
  if (plan.runAtStart !== true) return;
  checkOnce(watch, plan);
  checkRequested(watch, plan);
}

function checkOnce({ history, lost, scenario, ...watch }: Watch, plan: JobPlan): void {
  const firstOf = new Map<string, Call>();
  for (const call of history.calls) {
    const { job, request = '', runId } = call;
    if (job !== plan.name || !isStartHandle(request)) continue;
    const first = firstOf.get(request) ?? call;
    firstOf.set(request, first);
    const isAgain = first.runId !== runId && !(call.recovering && first.tick === call.tick);
    const mayRepeat = mayLose({ history, lost, scenario, ...watch }) || scenario.keptMs !== undefined;
    if (isAgain && mayRepeat) history.leaveOut(ONCE, LOST);
    else if (isAgain) history.violated(ONCE, `${job} ${request}: ${first.runId}, then ${runId}`);
    else history.judge(ONCE);
  }
}

function checkRequested(watch: Watch, { name }: JobPlan): void {
  const { history, scenario, simulation } = watch;
  const leader = simulation.pods.find(({ parts }) => parts.elector.isLeader());
  const term = history.terms.findLast(({ process }) => process === leader?.id);
  if (leader?.ticking.has(name) !== true || term === undefined) return;
  const upAtMs = leader.startedAtMs + leader.timing.intervalMs;
  if (scenario.endsAtMs - Math.max(term.atMs, upAtMs) < SETTLED_MS) return;
  // Its requests may be lost, and it leads on.
  if (history.losses.length > 0) return history.leaveOut(REQUESTED, LOST);
  history.judge(REQUESTED);
  const seen = simulation.redis.master.double.data.sortedSet(keys.starts(name));
  if (seen?.score(startHandle(leader.version, name)) === undefined)
    history.violated(REQUESTED, `${leader.id} has not requested that of ${name}`);
}

/** The first decision about a run at the start of a version. Once claimed, or queued, it is a run like others. */
export function onStartWritten(
  { history, simulation, writes }: Watch,
  job: string,
  slot: string,
  pod: string,
): void {
  const handle = slot.slice(slot.indexOf('@') + 1);
  const id = `${job} ${slot}`;
  if (!isStartHandle(handle) || writes.starts.has(id)) return;
  writes.starts.add(id);
  // A command of an earlier boot may be on its way for long.
  const versions = [...simulation.booted.values()].flatMap(one => (one.berth === pod ? [one.version] : []));
  history.judge(OF_THE_VERSION);
  if (!versions.some(version => startHandle(version, job) === handle))
    history.violated(OF_THE_VERSION, `${id} is decided by ${pod}, of version ${versions.join(', ')}`);
}

/*
 * Followers compare their jobs with those of the leader: what they report is so, and they report it in time.
 */
import type { ScheduleEvent } from '../../../lib/core/events.js';
import type { SimPod } from '../sim-pod.js';
import type { Watch } from './watch.js';

const TRUE = 'what a follower reports of other schedules is so';
const REPORTED = 'a follower whose schedules differ reports it';

/** Of the protocol: a difference is reported when it has lasted for a ttl and this time. */
const LASTED_MS = 5000;
/** Of the protocol: the time that a rolling update may take. Few scenarios last longer. */
const UPDATE_MS = 600_000;
/** Of messages, and of each timer. */
const SLACK_MS = 3000;

type Different = Extract<ScheduleEvent, { readonly type: 'jobs.different' }>;

/** By process, the jobs of which it has reported another schedule. */
export type DifferenceLog = Map<string, Set<string>>;

/** A follower reports how its jobs differ from those of the leader. */
export function onDifferent(watch: Watch, process: string, event: Different): void {
  const { simulation, history, differences } = watch;
  const [pod, leader] = [process, event.podId].map(id => simulation.booted.get(id));
  const reported = differences.get(process) ?? new Set<string>();
  differences.set(process, reported);
  for (const job of event.schedules) reported.add(job);
  if (pod === undefined || leader === undefined || event.kind === 'unpublished') return;
  history.judge(TRUE);
  const really = otherSchedules(watch, pod, leader).join(' ');
  const isUpdate = pod.version !== leader.version && simulation.world.nowMs < UPDATE_MS;
  if (event.schedules.join(' ') !== really || event.isInformation !== isUpdate)
    history.violated(TRUE, `${process} of ${event.podId}: ${event.schedules.join(' ')}, not ${really}`);
}

/** In the end, when everything was whole for a while. */
export function checkDifferences(watch: Watch): void {
  const { simulation, scenario, history, differences } = watch;
  const leader = simulation.pods.find(({ parts }) => parts.elector.isLeader());
  const ledSince = history.terms.findLast(({ process }) => process === leader?.id)?.atMs ?? Infinity;
  const { quietAtMs, endsAtMs } = scenario;
  const { ttlMs, intervalMs } = watch.longest;
  const boundMs = ttlMs + LASTED_MS + 2 * intervalMs + SLACK_MS;
  if (leader?.publishes !== true) return;
  for (const pod of simulation.pods) {
    const since = Math.max(ledSince, quietAtMs, pod.startedAtMs);
    if (pod === leader || pod.isStopping || !pod.publishes || endsAtMs - since < boundMs) continue;
    const missing = otherSchedules(watch, pod, leader).filter(
      job => differences.get(pod.id)?.has(job) !== true,
    );
    history.judge(REPORTED);
    if (missing.length > 0) history.violated(REPORTED, `${pod.id} under ${leader.id}: ${missing.join(' ')}`);
  }
}

/** Names of the jobs that both have, and that have another schedule on one of them, in order. */
function otherSchedules({ scenario }: Watch, pod: SimPod, leader: SimPod): string[] {
  return scenario.jobs
    .map(({ name }) => name)
    .filter(name => pod.has(name) && leader.has(name) && pod.cronOf(name) !== leader.cronOf(name))
    .sort();
}

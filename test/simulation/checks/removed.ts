/*
 * The keys of a removed job are deleted, and no others: judged by the pods that really exist, not by the beliefs of the
 * library.
 */
import type { Simulation } from '../simulation.js';
import type { SimPod } from '../sim-pod.js';
import type { SimServer } from '../world/sim-server.js';
import { keys, type Watch } from './watch.js';

/** A job that no pod has. */
const REMOVED = 'removed';
const SAFE = 'what belongs to the job of a pod is not removed';
const GONE = 'what belongs to a removed job is removed';

/** How much of the log of a server was read. */
export type RemovalLog = WeakMap<SimServer, number>;

/** In scenarios that last long enough something of a removed job is left behind. */
export function leaveRemoved({ scenario, simulation }: Watch): void {
  if (scenario.keptMs === undefined) return;
  simulation.world.after(Math.min(3000, scenario.quietAtMs), () => pauseOnce(simulation));
}

function pauseOnce({ pods: [pod] }: Simulation): void {
  const wish = { job: REMOVED, forMs: 1, reason: '' };
  pod?.process.receive(
    () => void pod.stores.control.pause(wish, new AbortController().signal).catch(() => undefined),
  );
}

/** A server has executed a script: only a sweep takes the name of a job away. */
export function checkSweeps(watch: Watch, server: SimServer): void {
  const { removals, scenario, simulation, history } = watch;
  const { log } = server.replication;
  const read = removals.get(server) ?? 0;
  if (read === log.length) return;
  const names = new Set<string>();
  for (const transaction of log.slice(read))
    for (const [command, key, ...members] of transaction)
      if (command === 'SREM' && key === keys.jobs) for (const name of members) names.add(name);
  removals.set(server, log.length);
  for (const { name } of scenario.jobs) {
    // Pods are known for longer than a scenario lasts, those that have ended, too.
    const owner = names.has(name) && simulation.pods.find(pod => pod.has(name) && isKnown(pod, server));
    if (owner) history.violated(SAFE, `${name}, which ${owner.id} has`);
  }
}

function isKnown({ id, isStopping }: SimPod, server: SimServer): boolean {
  return !isStopping && server.double.data.hash(keys.pods)?.has(id) === true;
}

/** In the end nothing is left of what no pod has. */
export function checkRemoved({ scenario, simulation, history }: Watch): void {
  if (scenario.keptMs === undefined) return;
  history.judge(SAFE, scenario.jobs.length);
  const { data } = simulation.redis.master.double;
  const pods = data.hash(keys.pods) ?? new Map<string, string>();
  const candidates = data.hash(keys.candidates) ?? new Map<string, string>();
  const sets = [...candidates].flatMap(([id, note]) =>
    id.startsWith('#') ? [] : (note.split('|')[2] ?? ''),
  );
  const isPublishedByAll =
    [...pods.keys()].every(id => candidates.has(id)) &&
    sets.every(digest => data.value(keys.jobSet(digest, 0)) !== undefined);
  if (!isPublishedByAll) return history.leaveOut(GONE, 'the jobs of a pod are not known');
  const isLeft = data.value(keys.job(REMOVED)) !== undefined;
  const areNamesLost = scenario.faults.some(fault => fault.kind === 'evict' && fault.key === 'jobs');
  if (isLeft && areNamesLost) return history.leaveOut(GONE, 'the names of jobs were evicted');
  history.judge(GONE);
  if (isLeft) history.violated(GONE, `${REMOVED} is still there`);
}

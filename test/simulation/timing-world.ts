import type { Fault } from './faults.js';
import type { PodPlan, Scenario } from './scenario.js';
import { Random } from './world/random.js';

/**
 * The times that the pods use. `mixed`: some have other ones than the rest, all the time. `update`: a rolling update
 * replaces other ones by those of the scenario, pod by pod.
 */
export type TimingWorld = 'mixed' | 'update';

/** `leader.interval` and `leader.ttl`. */
export interface Times {
  readonly intervalMs: number;
  readonly ttlMs: number;
}

/** All of them hold together. With the shortest and the longest a lock outlives several ttls of another pod. */
const OTHER_TIMES: readonly Times[] = [
  { intervalMs: 1000, ttlMs: 3000 },
  { intervalMs: 2000, ttlMs: 6000 },
  { intervalMs: 3000, ttlMs: 10_000 },
  { intervalMs: 5000, ttlMs: 15_000 },
  { intervalMs: 6000, ttlMs: 20_000 },
];

type Scene = Omit<Scenario, 'faults'>;

/** The times of pods differ in every tenth scenario; the others stay as they are. */
export function timingWorldOf(seed: number): TimingWorld | undefined {
  if (seed % 10 !== 9) return undefined;
  return seed % 20 === 9 ? 'update' : 'mixed';
}

/** Gives pods their times, and the scenario the time to settle after the longest. */
export function withTimings(scene: Scene, world: TimingWorld | undefined): Scene {
  if (world === undefined) return scene;
  const random = new Random(scene.seed ^ 0x7131);
  const other = random.pick(OTHER_TIMES.filter(({ ttlMs }) => ttlMs !== scene.ttlMs));
  const ttlMs = Math.max(other.ttlMs, scene.ttlMs);
  const updates = updatesOf(scene, random);
  const first = random.integer(0, 1);
  const timed = (pod: PodPlan, index: number): PodPlan => {
    if (world === 'update') return { ...pod, timing: other, updatedAtMs: updates[index] ?? Infinity };
    return index % 2 === first ? { ...pod, timing: other } : pod;
  };
  return {
    ...scene,
    endsAtMs: scene.endsAtMs + 2 * (ttlMs - scene.ttlMs),
    pods: scene.pods.map(timed),
    // The length of a window is at least this.
    jobs: scene.jobs.map(job => ({ ...job, catchUpWindowMs: Math.max(job.catchUpWindowMs, 3 * ttlMs) })),
  };
}

/** The stops of the rolling update: each pod is stopped, and comes back with the new times. */
export function updateStops({ pods, quietAtMs, seed }: Scene): Fault[] {
  const random = new Random(seed ^ 0x7132);
  return pods.flatMap(({ name, updatedAtMs = Infinity }) => {
    const backAfterMs = Math.round(random.uniform(500, 6000));
    return updatedAtMs < quietAtMs
      ? [{ kind: 'stop' as const, pod: name, atMs: updatedAtMs, backAfterMs }]
      : [];
  });
}

/** By what a pod goes that boots at an instant. */
export function timesAt({ timing, updatedAtMs = Infinity }: PodPlan, atMs: number, scene: Times): Times {
  return timing === undefined || atMs >= updatedAtMs ? scene : timing;
}

/** The longest times that any pod uses: none of them exceeds these. */
export function longestTimes({ pods, intervalMs, ttlMs }: Times & Pick<Scenario, 'pods'>): Times {
  const own = pods.flatMap(({ timing }) => timing ?? []);
  return {
    intervalMs: Math.max(intervalMs, ...own.map(times => times.intervalMs)),
    ttlMs: Math.max(ttlMs, ...own.map(times => times.ttlMs)),
  };
}

function updatesOf({ pods, quietAtMs }: Scene, random: Random): number[] {
  let atMs = random.uniform(5000, quietAtMs / 2);
  return pods.map(() => {
    const now = Math.round(atMs);
    atMs += random.uniform(1000, 8000);
    return now;
  });
}

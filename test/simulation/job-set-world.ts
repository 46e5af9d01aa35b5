import type { Fault } from './faults.js';
import type { PodPlan, Scenario } from './scenario.js';
import { longestTimes } from './timing-world.js';
import { Random } from './world/random.js';

/**
 * Which jobs the pods have. `worker`: one has all, the others none. `update`: some have one job more. `nested`: each has
 * one more than the one before. `rivals`: no pod has all that another has. `mixed`: as `update`, with pods that publish
 * no set, as those of 0.3.
 */
export type JobSetWorld = 'worker' | 'update' | 'nested' | 'rivals' | 'mixed';

const WORLDS: readonly JobSetWorld[] = ['worker', 'update', 'nested', 'rivals', 'mixed'];

type Scene = Omit<Scenario, 'faults'>;

/** The jobs of pods differ in every fifth scenario, and in every second one where their times do; the others stay as they are. */
export function jobSetWorldOf(seed: number): JobSetWorld | undefined {
  const isTimed = seed % 40 === 19 || seed % 40 === 29;
  return seed % 5 === 2 || isTimed ? new Random(seed ^ 0x70b5).pick(WORLDS) : undefined;
}

/** Gives each pod its jobs. */
export function withJobSets(scene: Scene, world: JobSetWorld | undefined): Scene {
  if (world === undefined || scene.pods.length < 2) return scene;
  const names = scene.jobs.map(({ name }) => name);
  const pods = scene.pods.map((pod, index) => ({
    ...pod,
    ...planOf(world, names, index, scene.pods.length),
  }));
  return { ...scene, pods };
}

/** In a world where sets differ, users stop jobs on single pods, too: sets change. */
export function jobStops({ seed, pods, jobs, quietAtMs, ttlMs }: Scene): Fault[] {
  if (!pods.some(({ jobs: own }) => own !== undefined)) return [];
  const random = new Random(seed ^ 0x57095);
  return Array.from({ length: random.pick([0, 0, 1, 6]) }, () => ({
    kind: 'job-stop' as const,
    pod: random.pick(pods).name,
    job: random.pick(jobs).name,
    atMs: Math.round(random.uniform(2000, quietAtMs - 1)),
    forMs: Math.round(random.uniform(0.2, 3) * ttlMs),
  }));
}

/**
 * The time that may pass in addition until the pod with the most jobs leads, where a listener resigns its first term:
 * that pod rests for a ttl. The leader meanwhile leads for a ttl, or for two after three moves, and hands over with the renewal
 * after the second read of the note.
 */
export function waitAfterResignation(scene: Scene): number {
  const { pods, hasResigningListener } = scene;
  if (hasResigningListener !== true || pods.every(({ jobs }) => jobs === undefined)) return 0;
  const { ttlMs, intervalMs } = longestTimes(scene);
  return 2 * ttlMs + 2 * intervalMs;
}

function planOf(
  world: JobSetWorld,
  names: readonly string[],
  index: number,
  count: number,
): Pick<PodPlan, 'jobs' | 'publishes'> {
  const isLast = index === count - 1;
  switch (world) {
    case 'worker':
      return { jobs: isLast ? names : [] };
    case 'update':
      return { jobs: isLast ? names : names.slice(0, -1) };
    case 'nested':
      return { jobs: isLast ? names : names.slice(0, index + 1) };
    case 'rivals':
      return { jobs: names.filter((_, at) => at !== index % names.length) };
    case 'mixed':
      return { jobs: isLast ? names : names.slice(0, -1), publishes: index % 2 === 1 || isLast };
  }
}

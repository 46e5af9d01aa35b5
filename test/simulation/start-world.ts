import type { PodPlan, Scenario } from './scenario.js';
import { Random } from './world/random.js';

/** `rollout`: jobs run at the start of a version, and a second version replaces the first one, pod by pod. */
export type StartWorld = 'rollout' | 'none';

type Scene = Omit<Scenario, 'faults'>;

/** Every twentieth scenario; the others stay as they are. */
export function startWorldOf(seed: number): StartWorld {
  return seed % 20 === 7 ? 'rollout' : 'none';
}

/** The last pods are of the second version, others when they are started again: some at once, some later. */
export function withStarts(scene: Scene, world: StartWorld): Scene {
  if (world === 'none') return scene;
  const { jobs, pods, quietAtMs, seed } = scene;
  const random = new Random(seed ^ 0x57a7);
  const first = random.integer(0, pods.length);
  const updated = pods.map((pod, index): PodPlan => {
    const fromMs = index >= first ? 0 : Math.round(random.uniform(0.1, 1.5) * quietAtMs);
    return { ...pod, secondVersionFromMs: fromMs };
  });
  const starting = jobs.map((job, index) => (index % 2 === 0 ? { ...job, runAtStart: true } : job));
  return { ...scene, pods: updated, jobs: starting };
}

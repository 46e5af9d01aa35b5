import type { Fault, FaultKind } from './faults.js';
import type { Scenario } from './scenario.js';
import { isRecurring } from './schedule-world.js';
import { Random } from './world/random.js';

type Scene = Omit<Scenario, 'faults'>;

/** Applications do not remove a job, or create it, at one moment. */
const APART_MS = 800;

/** In every tenth scenario jobs are removed on all pods, or on some, and created again. */
export function removals(scene: Scene, kinds?: readonly FaultKind[]): Fault[] {
  const { seed, jobs, pods, quietAtMs, ttlMs, keptMs } = scene;
  const some = jobs.filter(isRecurring);
  // Where little is kept a job begins anew when it is created again: its watermarks go, which other rules forbid.
  if (keptMs !== undefined) return [];
  if (!(kinds?.includes('job-remove') ?? seed % 10 === 3) || some.length === 0) return [];
  const random = new Random(seed ^ 0x4e30e);
  return Array.from({ length: random.pick([1, 2, 5]) }, () => {
    const { name: job } = random.pick(some);
    const atMs = random.uniform(2000, quietAtMs - APART_MS);
    const forMs = random.uniform(0.1, 2) * ttlMs;
    const few = random.chance(0.7) ? pods : [random.pick(pods)];
    return few.map(({ name: pod }) => ({
      kind: 'job-remove' as const,
      pod,
      job,
      atMs: Math.round(atMs + random.uniform(0, APART_MS)),
      forMs: Math.round(forMs),
    }));
  }).flat();
}

import type { Fault, FaultKind } from './faults.js';
import type { Scenario } from './scenario.js';
import { isRecurring, OTHER_CRONS } from './schedule-world.js';
import { Random } from './world/random.js';

/** `-` switches a job off; `null`: its own schedule again. */
const GIVEN = [...OTHER_CRONS, ...OTHER_CRONS, '-', null, null, null];

type Scene = Omit<Scenario, 'faults'>;

/** A user overrides schedules in every tenth scenario: once, or again and again. */
export function reschedules(scene: Scene, kinds?: readonly FaultKind[]): Fault[] {
  const { seed, jobs, pods, quietAtMs } = scene;
  const changing = jobs.filter(isRecurring);
  if (!(kinds?.includes('reschedule') ?? seed % 10 === 5) || changing.length === 0) return [];
  const random = new Random(seed ^ 0x0bde7);
  const few = changing.slice(0, random.integer(1, 2));
  return Array.from({ length: random.pick([1, 3, 8]) }, (_, index) => ({
    kind: 'reschedule' as const,
    pod: random.pick(pods).name,
    job: random.pick(few).name,
    // The first gives one, so that there is something to take back.
    cron: random.pick(index === 0 ? OTHER_CRONS : GIVEN),
    atMs: Math.round(random.uniform(2000, quietAtMs - 1)),
  }));
}

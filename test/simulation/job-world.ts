import type { JobPlan, Scenario } from './scenario.js';
import { Random } from './world/random.js';

/** Which jobs there are. `intervals`: every second one ticks by `@every`. `many`: hundreds, of few ticks each. */
export type JobWorld = 'intervals' | 'many';

const INTERVALS = ['@every 1300ms', '@every 3s', '@every 7s', '@every 20s'];
/** More than one call opens, announces or claims. */
const LEAST_MANY = 260;
const MOST_MANY = 380;

/** Other jobs in every tenth scenario; the others stay as they are. */
export function jobWorldOf(seed: number): JobWorld | undefined {
  if (seed % 10 !== 6) return undefined;
  return seed % 500 === 16 ? 'many' : 'intervals';
}

/** Changes the jobs of a scenario. */
export function withJobWorld<Scene extends Pick<Scenario, 'seed' | 'jobs'>>(
  scene: Scene,
  world: JobWorld | undefined,
): Scene {
  if (world === undefined) return scene;
  const random = new Random(scene.seed ^ 0x0b5);
  const jobs = world === 'many' ? manyOf(scene.jobs, random) : scene.jobs.map(withInterval(random));
  return { ...scene, jobs };
}

function withInterval(random: Random): (plan: JobPlan, index: number) => JobPlan {
  return (plan, index) => (index % 2 === 0 ? { ...plan, cron: random.pick(INTERVALS) } : plan);
}

/** The policies are those of the jobs that there were; but hundreds that give up all would leave little to judge. */
function manyOf(plans: readonly JobPlan[], random: Random): JobPlan[] {
  const each = Math.ceil(random.integer(LEAST_MANY, MOST_MANY) / plans.length);
  return plans.flatMap((plan, index) =>
    Array.from({ length: each }, (_, number) => ({
      ...plan,
      name: `job-${number * plans.length + index + 1}`,
      cron: '*/30 * * * * *',
      durationsMs: [0],
      catchUpWindowMs: 3_600_000,
      catchUp: plan.catchUp === 'skip' ? 'latest' : plan.catchUp,
    })),
  );
}

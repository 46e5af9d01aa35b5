import type { JobPlan, Scenario } from './scenario.js';
import { Random } from './world/random.js';

/**
 * Which jobs there are. `intervals`: every second one ticks by `@every`. `many`: hundreds, of few ticks each. `endless`:
 * handlers of every second one never settle, now and then or always. `terms`: every second one ticks once a term.
 * `delays`: every second one has an initial delay.
 */
export type JobWorld = 'intervals' | 'many' | 'endless' | 'terms' | 'delays';

const INTERVALS = ['@every 1300ms', '@every 3s', '@every 7s', '@every 20s'];
/** More than one call opens, announces or claims. */
const LEAST_MANY = 260;
const MOST_MANY = 380;

/** Other jobs in every tenth scenario, those of a world of their own in every twentieth; the others stay as they are. */
export function jobWorldOf(seed: number): JobWorld | undefined {
  if (seed % 20 === 4) return 'delays';
  if (seed % 20 === 1) return 'endless';
  if (seed % 20 === 11) return 'terms';
  if (seed % 10 !== 6) return undefined;
  return seed % 500 === 16 ? 'many' : 'intervals';
}

/** In every fifth scenario of some worlds nothing happens: whatever is not as it should be comes of the jobs. */
export function isCalm(seed: number): boolean {
  return seed % 100 === 41 || seed % 100 === 51;
}

/** Changes the jobs of a scenario. */
export function withJobWorld<Scene extends Pick<Scenario, 'seed' | 'jobs'>>(
  scene: Scene,
  world: JobWorld | undefined,
): Scene {
  if (world === undefined) return scene;
  const random = new Random(scene.seed ^ 0x0b5);
  return { ...scene, jobs: jobsOf(world, scene.jobs, random) };
}

function jobsOf(world: JobWorld, plans: readonly JobPlan[], random: Random): JobPlan[] {
  switch (world) {
    case 'many':
      return manyOf(plans, random);
    case 'intervals':
      return plans.map(withInterval(random));
    case 'terms':
      return plans.map(withTerms(random));
    case 'endless':
      return plans.map(withoutEnd(random));
    case 'delays':
      return plans.map(withDelay(random));
  }
}

/** At once, while the jobs are opened, and later than most terms last. */
const DELAYS_MS = [0, 0, 30, 1500, 12_000];

function withTerms(random: Random): (plan: JobPlan, index: number) => JobPlan {
  return (plan, index) =>
    index % 2 === 0 ? { ...plan, cron: `@timeout ${random.pick(DELAYS_MS)}ms` } : plan;
}

/** Most have a timeout; one that has none goes on for as long as its pod. */
function withoutEnd(random: Random): (plan: JobPlan, index: number) => JobPlan {
  return (plan, index) => {
    if (index % 2 !== 0) return plan;
    const timeoutMs = random.chance(0.75) ? random.pick([700, 3000]) : undefined;
    const attempts = timeoutMs === undefined ? 1 : random.pick([1, 2]);
    return { ...plan, timeoutMs, endlessRate: random.pick([0.1, 0.4, 1]), attempts };
  };
}

/** Shorter than the catch-up gate stays shut, as long, and so long that others see the job overdue. */
const INITIAL_DELAYS_MS = [500, 3000, 8000, 25_000];

function withDelay(random: Random): (plan: JobPlan, index: number) => JobPlan {
  return (plan, index) =>
    index % 2 === 0 ? { ...plan, initialDelayMs: random.pick(INITIAL_DELAYS_MS) } : plan;
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

import type { CatchUp, Overlap } from '../../lib/core/job/job-policy.js';
import { withAborts } from './aborts.js';
import {
  jobSetWorldOf,
  jobStops,
  waitAfterResignation,
  withJobSets,
  type JobSetWorld,
} from './job-set-world.js';
import { besideSteps, clockSteps, waitAfterSteps } from './clock-world.js';
import { isCalm, jobWorldOf, withJobWorld, type JobWorld } from './job-world.js';
import { randomFaults, type Fault, type FaultKind } from './faults.js';
import { presenceDrops } from './presence-world.js';
import { badKeys, rareFaults } from './rare-faults.js';
import { removals } from './removals.js';
import { reschedules } from './reschedules.js';
import { scheduleWorldOf, withSchedules, type OtherSchedules, type ScheduleWorld } from './schedule-world.js';
import { startWorldOf, withStarts, type StartWorld } from './start-world.js';
import { timingWorldOf, updateStops, withTimings, type Times, type TimingWorld } from './timing-world.js';
import { Random } from './world/random.js';
import { EPOCH } from './world/world.js';

/** A job of a scenario; how long a run takes follows from its tick. */
export interface JobPlan {
  readonly name: string;
  /** Cron expression, in UTC; `@every` and a duration, `@timeout` and ms; or a date on which it runs once, in ISO 8601. */
  readonly cron: string;
  /** Runs take one of these, ms. */
  readonly durationsMs: readonly number[];
  readonly overlap: Overlap;
  readonly catchUp: CatchUp;
  readonly catchUpWindowMs: number;
  /** None where it is left out, as in scenarios that were kept from earlier. */
  readonly jitterMs?: number;
  readonly recover: boolean;
  readonly attempts: number;
  readonly timeoutMs: number | undefined;
  /** Share of the attempts that throw. */
  readonly failureRate: number;
  /** Share of the attempts that never settle, whatever their signal says. @default 0 */
  readonly endlessRate?: number;
  /** Whether the handler ends when its signal aborts. */
  readonly obeysAbort: boolean;
  readonly keep: number;
  /** Delay of the first start of the job after the start of its pod. @default 0 */
  readonly initialDelayMs?: number;
  /** Whether it runs once at the start of a version. @default false */
  readonly runAtStart?: boolean;
}

export interface PodPlan {
  readonly name: string;
  readonly startsAtMs: number;
  readonly wallOffsetMs: number;
  readonly rate: number;
  /** One-way delay to Redis. */
  readonly delayMs: number;
  /** The names of its jobs. @default all */
  readonly jobs?: readonly string[];
  /** Whether it publishes its jobs, which 0.3 does not. @default true */
  readonly publishes?: boolean;
  /** @default none */
  readonly schedules?: OtherSchedules;
  /** Its own times. @default those of the scenario */
  readonly timing?: Times;
  /** A process that begins from then on uses those of the scenario. @default never */
  readonly updatedAtMs?: number;
  /** A process that begins from then on is of the second version. @default never */
  readonly secondVersionFromMs?: number;
}

/** Everything that a run of the simulator does follows from this. */
export interface Scenario {
  readonly seed: number;
  /** Faults end by then, and everything is made whole. */
  readonly quietAtMs: number;
  readonly endsAtMs: number;
  readonly intervalMs: number;
  readonly ttlMs: number;
  readonly fastTakeover: boolean;
  readonly isStrict: boolean;
  readonly drainTimeoutMs: number;
  /** One-way delays from the master to its replicas. */
  readonly replicaLagsMs: readonly number[];
  /** The kind of Redis: RESP2 only, PUBSUB forbidden. */
  readonly redis: 'ordinary' | 'resp2' | 'no-pubsub';
  /** Whether a listener of each pod resigns when it is first informed of an election. */
  readonly hasResigningListener?: boolean;
  /** For how long what belongs to a removed job is kept. @default as in production, longer than any scenario lasts */
  readonly keptMs?: number;
  readonly pods: readonly PodPlan[];
  readonly jobs: readonly JobPlan[];
  readonly faults: readonly Fault[];
}

export interface ScenarioWishes {
  /** How long faults go on, ms. */
  readonly faultsForMs: number;
  /** Only faults of these kinds. */
  readonly faults?: readonly FaultKind[];
  /** Faults that every scenario has, beside the random ones. */
  readonly sure?: readonly Fault[];
  /** Settings that replace random ones. */
  readonly fixed?: Partial<Omit<Scenario, 'seed' | 'faults'>>;
  /** Which jobs the pods have. @default as the seed says */
  readonly jobSets?: JobSetWorld;
  /** Which jobs there are. @default as the seed says */
  readonly jobWorld?: JobWorld;
  /** Whether schedules differ by pod. @default as the seed says */
  readonly schedules?: ScheduleWorld;
  /** Whether jobs run at the start of a version. @default as the seed says */
  readonly starts?: StartWorld;
  /** The times that the pods use. @default as the seed says, if neither times nor pods are fixed */
  readonly timings?: TimingWorld;
  /** The same of every job. */
  readonly job?: Partial<JobPlan>;
}

const TIMINGS = [
  { intervalMs: 3000, ttlMs: 10_000 },
  { intervalMs: 3000, ttlMs: 10_000 },
  { intervalMs: 2000, ttlMs: 6000 },
  { intervalMs: 1000, ttlMs: 3000 },
] as const;

/** The scenario of a seed. */
export function scenarioOf(seed: number, wishes: ScenarioWishes): Scenario {
  const { faultsForMs, faults, sure = [], fixed, job } = wishes;
  const { jobSets = jobSetWorldOf(seed), jobWorld = jobWorldOf(seed) } = wishes;
  const { schedules = scheduleWorldOf(seed), starts = startWorldOf(seed) } = wishes;
  const random = new Random(seed);
  const timing = random.pick(TIMINGS);
  const replicas = random.chance(0.5) ? 0 : random.integer(1, 2);
  const quietAtMs = random.uniform(0.7, 1.2) * faultsForMs;
  const pods = podsOf(random);
  const base = {
    seed,
    quietAtMs,
    // Lease and run locks lapse, a leader is elected, the longest run ends, and what waited behind it runs.
    endsAtMs: quietAtMs + 2 * timing.ttlMs + 25_000,
    ...timing,
    fastTakeover: random.chance(0.8),
    isStrict: replicas > 0 && random.chance(0.6),
    drainTimeoutMs: random.pick([500, 5000, 20_000]),
    replicaLagsMs: Array.from({ length: replicas }, () => random.uniform(0.2, 20)),
    redis: random.pick(['ordinary', 'ordinary', 'ordinary', 'ordinary', 'resp2', 'no-pubsub'] as const),
    // Not by chance, which would make other scenarios of all seeds.
    hasResigningListener: seed % 8 === 3,
    // Where the jobs of pods may differ; every second time.
    ...(seed % 10 === 2 && { keptMs: 5000 }),
    pods,
    jobs: jobsOf(random, timing.ttlMs, quietAtMs).map((plan, index) => ({
      ...plan,
      // Not by chance, as above.
      ...((seed + index) % 4 === 0 && { jitterMs: 4000 }),
      ...job,
    })),
  };
  const isTimed = fixed?.ttlMs === undefined && fixed?.pods === undefined;
  const { timings = isTimed ? timingWorldOf(seed) : undefined } = wishes;
  const jobful = withJobSets(withDelays(withJobWorld({ ...base, ...fixed }, jobWorld)), jobSets);
  const scheduled = withSchedules(jobful, schedules);
  const scene = withTimings(withStarts(scheduled, starts), timings);
  const isNothingWrong = faults === undefined && isCalm(seed);
  const kinds = faults ?? besideSteps(seed);
  const others = isNothingWrong
    ? []
    : [
        ...randomFaults(random.fork(), scene, kinds),
        ...rareFaults(seed, scene, kinds),
        ...badKeys(seed, scene, kinds),
        ...presenceDrops(scene, kinds),
      ];
  const planned = [...jobStops(scene), ...updateStops(scene), ...reschedules(scene, faults)];
  const withSteps = [...others, ...planned, ...clockSteps(scene, faults)];
  const some = withAborts(scene, [...withSteps, ...removals(scene, faults)], faults);
  const all = [...some, ...sure].sort((a, b) => a.atMs - b.atMs);
  const waitMs = waitAfterSteps(all) + waitAfterResignation(scene);
  return { ...scene, endsAtMs: scene.endsAtMs + waitMs, faults: all };
}

/** After the last fault the longest initial delay passes as well. */
function withDelays<Scene extends Pick<Scenario, 'jobs' | 'endsAtMs'>>(scene: Scene): Scene {
  const delaysMs = scene.jobs.map(({ initialDelayMs = 0 }) => initialDelayMs);
  return { ...scene, endsAtMs: scene.endsAtMs + Math.max(...delaysMs) };
}

function podsOf(random: Random): PodPlan[] {
  const count = random.pick([1, 2, 3, 3, 3, 4]);
  const hasSkew = random.chance(0.6);
  const startsTogether = random.chance(0.5);
  return Array.from({ length: count }, (_, index) => ({
    name: `pod-${'abcd'.charAt(index)}`,
    startsAtMs: startsTogether ? random.uniform(0, 200) : random.uniform(0, 8000),
    wallOffsetMs: hasSkew ? random.uniform(-3000, 3000) : random.uniform(-20, 20),
    rate: hasSkew ? 1 + random.uniform(-2e-4, 2e-4) : 1,
    delayMs: random.pick([0.1, 0.3, 1, 5]),
  }));
}

const EXPRESSIONS = [
  '* * * * * *',
  '*/2 * * * * *',
  '*/5 * * * * *',
  '*/5 * * * * *',
  '* * * * *',
  '*/7 * * * * *',
];
const DURATIONS = [[0], [0, 5], [50, 300], [1500], [0, 0, 0, 4000], [2500, 7000], [15_000]];

function someDate(random: Random, beforeMs: number): string {
  return new Date(EPOCH + Math.floor(random.uniform(0, beforeMs))).toISOString();
}

function jobsOf(random: Random, ttlMs: number, quietAtMs: number): JobPlan[] {
  return Array.from({ length: random.integer(2, 4) }, (_, index) => {
    const durationsMs = random.pick(DURATIONS);
    return {
      name: `job-${index + 1}`,
      cron: random.chance(0.1) ? someDate(random, quietAtMs) : random.pick(EXPRESSIONS),
      durationsMs,
      overlap: random.pick(['skip', 'skip', 'allow', 'queue'] as const),
      catchUp: random.pick(['latest', 'latest', 'all', 'skip'] as const),
      catchUpWindowMs: random.pick([3 * ttlMs, 3_600_000]),
      recover: random.chance(0.2),
      // Long runs are not repeated: they would go on beyond the end.
      attempts: Math.max(...durationsMs) <= 1500 ? random.pick([1, 1, 3]) : 1,
      timeoutMs: random.chance(0.15) ? 3000 : undefined,
      failureRate: random.pick([0, 0, 0.2]),
      obeysAbort: random.chance(0.7),
      keep: random.pick([10_000, 10_000, 10_000, 2, 0]),
    };
  });
}

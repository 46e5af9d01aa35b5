import type { Random } from './world/random.js';

/** The traffic of each of a pod's connections. */
export type ConnectionRole = 'lease' | 'runs' | 'events' | 'presence';

/** Keys that cost no decision when they go. */
export const EVICTABLE = ['term', 'fence', 'pods', 'jobs', 'specs', 'candidates', 'settled'] as const;

/** A fault and its time. Plain data, so that a plan can be printed, shortened and replayed. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'delay'; readonly pod: string; readonly extraMs: number; readonly forMs: number }
  /** Nothing arrives in that direction; connections stay open. */
  | {
      readonly kind: 'block';
      readonly pod: string;
      readonly way: 'up' | 'down' | 'both';
      readonly forMs: number;
    }
  /** A proxy on the way repeats requests, each up to this much later: duplicates, and out of order. */
  | { readonly kind: 'repeat'; readonly pod: string; readonly afterMs: number; readonly forMs: number }
  /** All connections of the pod are reset. */
  | { readonly kind: 'cut'; readonly pod: string }
  /** One end of each connection is lost, and the other is not notified. */
  | { readonly kind: 'half-open'; readonly pod: string; readonly end: 'client' | 'server' }
  | { readonly kind: 'pause'; readonly pod: string; readonly forMs: number }
  | { readonly kind: 'suspend'; readonly pod: string; readonly forMs: number }
  /** `machine`: no kernel is left to close its connections. */
  | {
      readonly kind: 'crash';
      readonly pod: string;
      readonly machine: boolean;
      readonly backAfterMs: number | undefined;
    }
  | { readonly kind: 'stop'; readonly pod: string; readonly backAfterMs: number | undefined }
  | { readonly kind: 'resign'; readonly pod: string }
  | { readonly kind: 'wall-jump'; readonly pod: string; readonly byMs: number }
  | { readonly kind: 'drift'; readonly pod: string; readonly rate: number; readonly forMs: number }
  | { readonly kind: 'job-pause'; readonly pod: string; readonly job: string; readonly forMs: number }
  /** A user stops a job on one pod, and starts it again. */
  | { readonly kind: 'job-stop'; readonly pod: string; readonly job: string; readonly forMs: number }
  /** An application removes a job on one pod, and creates it again. */
  | { readonly kind: 'job-remove'; readonly pod: string; readonly job: string; readonly forMs: number }
  | { readonly kind: 'run-now'; readonly pod: string; readonly job: string }
  /** A user overrides the schedule of a job; `null`: its own again. */
  | { readonly kind: 'reschedule'; readonly pod: string; readonly job: string; readonly cron: string | null }
  /** A user aborts a run through this pod: one of the job that goes on, or that starts meanwhile. */
  | { readonly kind: 'abort'; readonly pod: string; readonly job: string; readonly forMs: number }
  | { readonly kind: 'redis-pause'; readonly forMs: number }
  /** It loses its last transactions; `Infinity`: all. JSON says null. */
  | { readonly kind: 'redis-restart'; readonly downMs: number; readonly lost: number | null }
  /** `cutMs`: for how long the replica had been cut off before. */
  | {
      readonly kind: 'fail-over';
      readonly replica: number;
      readonly cutMs: number;
      readonly clockErrorMs: number;
      readonly stranded: readonly string[];
      readonly forMs: number;
    }
  | { readonly kind: 'replica-cut'; readonly replica: number; readonly forMs: number }
  | { readonly kind: 'redis-full'; readonly forMs: number }
  | { readonly kind: 'script-flush' }
  /** A user sets the lease manually for this time, and no pod leads. `isLikeOurs`: to what a leader could have set. */
  | { readonly kind: 'hold-lease'; readonly forMs: number; readonly isLikeOurs?: boolean }
  /** A user deletes the lease. */
  | { readonly kind: 'delete-lease' }
  /** A user writes garbage into a field that is read with each claim, renewal or attempt. */
  | {
      readonly kind: 'tamper';
      readonly key: 'job' | 'term' | 'control';
      readonly job: string;
      readonly field: string;
      readonly value: string;
    }
  /** A user replaces a key of a job by a value of another type: it stays there. */
  | {
      readonly kind: 'tamper';
      readonly key: 'runs' | 'index';
      readonly job: string;
      readonly type: 'string';
    }
  /** Nothing arrives on one of the connections of the pod; the others go on. */
  | {
      readonly kind: 'block-one';
      readonly pod: string;
      readonly connection: ConnectionRole;
      readonly way: 'up' | 'down' | 'both';
      readonly forMs: number;
    }
  /**
   * The connection that shows the presence of the pod is closed, again and again: at both ends, or at the server's, and
   * the pod is not notified. Each time it cannot be opened again for a while.
   */
  | {
      readonly kind: 'drop-presence';
      readonly pod: string;
      readonly end: 'both' | 'server';
      readonly refusedMs: number;
      readonly everyMs: number;
      readonly forMs: number;
    }
  /** All connections of the pod are reset, again and again. */
  | { readonly kind: 'flap'; readonly pod: string; readonly everyMs: number; readonly forMs: number }
  /** Something in the pod keeps its event loop busy, again and again, with hardly a moment between. */
  | { readonly kind: 'busy'; readonly pod: string; readonly everyMs: number; readonly forMs: number }
  /** All jobs are paused. */
  | { readonly kind: 'pause-all'; readonly pod: string; readonly forMs: number }
  /** A user overwrites a page of the job set of the pod, and says that it has all jobs and one more. */
  | { readonly kind: 'forge-page'; readonly pod: string }
  /** Redis evicts a key. */
  | { readonly kind: 'evict'; readonly key: (typeof EVICTABLE)[number] }
  /** The clock of Redis' machine is set forward, or back if negative, by minutes; what expires does so by its clock. */
  | { readonly kind: 'redis-clock-step'; readonly byMs: number }
  /** The clock of Redis is set back for good, and Redis has lost what it knew of terms. */
  | { readonly kind: 'clock-back'; readonly byMs: number }
);

export type FaultKind = Fault['kind'];

/** The facts of a scenario that a plan of faults needs. */
export interface FaultScene {
  readonly quietAtMs: number;
  readonly ttlMs: number;
  readonly replicaLagsMs: readonly number[];
  readonly pods: readonly { readonly name: string }[];
  readonly jobs: readonly { readonly name: string }[];
}

type Make = (random: Random, scene: FaultScene) => object;

/** Short as a hiccup, long as a lease, longer. */
function spell(random: Random, { ttlMs }: FaultScene): number {
  return random.pick([random.uniform(20, 400), random.uniform(400, 3000), random.uniform(0.5, 1.6) * ttlMs]);
}

function pod(random: Random, { pods }: FaultScene): string {
  return random.pick(pods).name;
}

function absence(random: Random): number | undefined {
  return random.chance(0.85) ? random.uniform(100, 8000) : undefined;
}

type Weighted = readonly [weight: number, kind: FaultKind, make: Make];

const MAKERS: readonly Weighted[] = [
  [
    3,
    'delay',
    (r, s) => ({ pod: pod(r, s), extraMs: r.pick([30, 300, 900, 3000]) * r.next(), forMs: spell(r, s) }),
  ],
  [4, 'block', (r, s) => ({ pod: pod(r, s), way: r.pick(['up', 'down', 'both']), forMs: spell(r, s) })],
  [2, 'repeat', (r, s) => ({ pod: pod(r, s), afterMs: r.pick([1, 300, 3000]), forMs: spell(r, s) })],
  [3, 'cut', (r, s) => ({ pod: pod(r, s) })],
  [1, 'half-open', (r, s) => ({ pod: pod(r, s), end: r.pick(['client', 'server']) })],
  [5, 'pause', (r, s) => ({ pod: pod(r, s), forMs: spell(r, s) })],
  [2, 'suspend', (r, s) => ({ pod: pod(r, s), forMs: spell(r, s) })],
  [4, 'crash', (r, s) => ({ pod: pod(r, s), machine: r.chance(0.25), backAfterMs: absence(r) })],
  [4, 'stop', (r, s) => ({ pod: pod(r, s), backAfterMs: absence(r) })],
  [1, 'resign', (r, s) => ({ pod: pod(r, s) })],
  [2, 'wall-jump', (r, s) => ({ pod: pod(r, s), byMs: r.uniform(-3000, 3000) })],
  [1, 'drift', (r, s) => ({ pod: pod(r, s), rate: 1 + r.uniform(-0.01, 0.01), forMs: spell(r, s) })],
  [1, 'job-pause', (r, s) => ({ pod: pod(r, s), job: r.pick(s.jobs).name, forMs: r.uniform(500, 6000) })],
  [1, 'run-now', (r, s) => ({ pod: pod(r, s), job: r.pick(s.jobs).name })],
  [3, 'redis-pause', (r, s) => ({ forMs: spell(r, s) })],
  [2, 'redis-restart', r => ({ downMs: r.uniform(50, 5000), lost: r.pick([0, 0, r.integer(1, 20), null]) })],
  [1, 'redis-full', (r, s) => ({ forMs: spell(r, s) })],
  [1, 'script-flush', () => ({})],
  [1, 'delete-lease', () => ({})],
];

const REPLICA_MAKERS: readonly Weighted[] = [
  [
    4,
    'fail-over',
    (r, s) => ({
      replica: r.integer(0, s.replicaLagsMs.length - 1),
      cutMs: r.pick([0, r.uniform(0, 3000)]),
      clockErrorMs: r.uniform(-50, 50),
      stranded: r.chance(0.5) ? s.pods.map(({ name }) => name).filter(() => r.chance(0.5)) : [],
      forMs: spell(r, s),
    }),
  ],
  [2, 'replica-cut', (r, s) => ({ replica: r.integer(0, s.replicaLagsMs.length - 1), forMs: spell(r, s) })],
];

/** A plan of faults: none, a few of one sort, or many of all sorts. */
export function randomFaults(random: Random, scene: FaultScene, kinds?: readonly FaultKind[]): Fault[] {
  const makers = scene.replicaLagsMs.length > 0 ? [...MAKERS, ...REPLICA_MAKERS] : MAKERS;
  const wanted = makers.filter(([, kind]) => kinds?.includes(kind) !== false);
  const pool = wanted.flatMap(maker => Array.from({ length: maker[0] }, () => maker));
  if (pool.length === 0) return [];
  const sorts = random.chance(0.4) ? [random.pick(pool), random.pick(pool)] : pool;
  const count = random.pick([1, 2, 4, 8, 14]);
  return Array.from({ length: count }, () => {
    const atMs = Math.floor(random.uniform(2000, scene.quietAtMs - 1));
    const [, kind, make] = random.pick(sorts);
    return { kind, ...rounded(make(random, scene)), atMs } as Fault;
  }).sort((a, b) => a.atMs - b.atMs);
}

/** Printed plans are read by people. */
function rounded(fault: object): object {
  return Object.fromEntries(
    Object.entries(fault).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' && name.endsWith('Ms') ? Math.round(value) : value,
    ]),
  );
}

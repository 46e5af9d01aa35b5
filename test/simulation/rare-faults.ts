import { EVICTABLE, type Fault, type FaultKind, type FaultScene } from './faults.js';
import { Random } from './world/random.js';

type Make = (random: Random, scene: FaultScene) => object;

/** Values that no script of ours writes. */
const BAD_VALUES = ['', 'nan', 'inf', '-1', '1e300', '9007199254740992', 'word'];
/** A number like others, far in the future: of a pause it would be one. */
const FUTURE = '4102444800000000';
const TAMPERED = [
  ['job', 'token'],
  ['job', 'lock'],
  ['job', 'queued'],
  ['job', 'pausedUntil'],
  ['job', 'barredAt'],
  ['job', 'lastRun'],
  ['job', 'started'],
  ['control', 'orders'],
  ['control', 'resign'],
  ['control', 'pausedUntil'],
  ['term', 'token'],
  ['term', 'expiresAt'],
  ['term', 'acquiredAt'],
] as const;

/** Faults of which a scenario in five has some, beside the others: these have the same faults as without them. */
const MAKERS: readonly (readonly [FaultKind, Make])[] = [
  [
    'block-one',
    (r, s) => ({
      pod: r.pick(s.pods).name,
      connection: r.pick(['lease', 'runs', 'runs', 'events']),
      way: r.pick(['up', 'down', 'both']),
      forMs: r.pick([r.uniform(400, 3000), r.uniform(1, 2) * s.ttlMs, 40_000]),
    }),
  ],
  [
    'flap',
    (r, s) => ({ pod: r.pick(s.pods).name, everyMs: r.uniform(200, 1500), forMs: r.uniform(2000, 9000) }),
  ],
  [
    'busy',
    (r, s) => ({ pod: r.pick(s.pods).name, everyMs: r.uniform(30, 700), forMs: r.uniform(500, 9000) }),
  ],
  ['pause-all', (r, s) => ({ pod: r.pick(s.pods).name, forMs: r.uniform(500, 8000) })],
  ['evict', r => ({ key: r.pick(EVICTABLE) })],
  ['clock-back', r => ({ byMs: r.uniform(1000, 4000) })],
  [
    'tamper',
    (r, s) => {
      const [key, field] = r.pick(TAMPERED);
      const value = r.pick(field === 'pausedUntil' ? BAD_VALUES : [...BAD_VALUES, FUTURE]);
      return { key, field, job: r.pick(s.jobs).name, value };
    },
  ],
];

/** Of scenarios, the share in which a key of a job gets another type. */
const BAD_KEYS = 0.02;

/** A key of a job gets another type, beside the other faults: see `rareFaults`. */
export function badKeys(
  seed: number,
  { jobs, quietAtMs }: FaultScene,
  kinds?: readonly FaultKind[],
): Fault[] {
  const random = new Random(seed ^ 0xbad);
  if (kinds !== undefined || !random.chance(BAD_KEYS)) return [];
  const atMs = Math.floor(random.uniform(2000, quietAtMs - 1));
  const key = random.pick(['runs', 'index'] as const);
  return [{ kind: 'tamper', key, job: random.pick(jobs).name, type: 'string', atMs }];
}

const SHARE = 5;
/** Not in ordinary scenarios. */
const ONLY_WISHED: readonly FaultKind[] = ['clock-back', 'tamper'];

/** Plans them, each with a chance of its own: what is drawn here changes no other scenario. */
export function rareFaults(seed: number, scene: FaultScene, kinds?: readonly FaultKind[]): Fault[] {
  const isWished = kinds?.some(kind => MAKERS.some(([known]) => known === kind)) === true;
  if (!isWished && (kinds !== undefined || seed % SHARE !== 4)) return [];
  const random = new Random(seed ^ 0xfa17);
  const wanted = MAKERS.filter(([kind]) => (isWished ? kinds.includes(kind) : !ONLY_WISHED.includes(kind)));
  return Array.from({ length: random.pick([1, 2, 4]) }, () => {
    const [kind, make] = random.pick(wanted);
    const atMs = Math.floor(random.uniform(2000, scene.quietAtMs - 1));
    return { kind, ...make(random, scene), atMs } as Fault;
  });
}

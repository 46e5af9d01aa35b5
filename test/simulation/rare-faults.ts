import { EVICTABLE, type Fault, type FaultKind, type FaultScene } from './faults.js';
import { Random } from './world/random.js';

type Make = (random: Random, scene: FaultScene) => object;

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
];

const SHARE = 5;

/** Plans them, each with a chance of its own: what is drawn here changes no other scenario. */
export function rareFaults(seed: number, scene: FaultScene, kinds?: readonly FaultKind[]): Fault[] {
  const isWished = kinds?.some(kind => MAKERS.some(([known]) => known === kind)) === true;
  if (!isWished && (kinds !== undefined || seed % SHARE !== 4)) return [];
  const random = new Random(seed ^ 0xfa17);
  const wanted = MAKERS.filter(([kind]) => (isWished ? kinds.includes(kind) : kind !== 'clock-back'));
  return Array.from({ length: random.pick([1, 2, 4]) }, () => {
    const [kind, make] = random.pick(wanted);
    const atMs = Math.floor(random.uniform(2000, scene.quietAtMs - 1));
    return { kind, ...make(random, scene), atMs } as Fault;
  });
}

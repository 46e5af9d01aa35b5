/*
 * A connection of its own for the presence of a pod, as with ioredis 5: it drops while all else is in order.
 */
import type { Fault, FaultKind } from './faults.js';
import type { Scenario } from './scenario.js';
import { Random } from './world/random.js';

/** Of the scenarios where presence has a connection of its own, the share in which it drops by itself. */
const SHARE = 0.6;

/** Plans these faults, by chances of their own: what is drawn here changes no other scenario. */
export function presenceDrops(
  { seed, redis, fastTakeover, pods, quietAtMs }: Omit<Scenario, 'faults'>,
  kinds?: readonly FaultKind[],
): Fault[] {
  if (redis !== 'resp2' || !fastTakeover || kinds?.includes('drop-presence') === false) return [];
  const random = new Random(seed ^ 0x9e5e);
  if (kinds === undefined && !random.chance(SHARE)) return [];
  return Array.from({ length: random.integer(1, 4) }, () => ({
    kind: 'drop-presence',
    pod: random.pick(pods).name,
    end: random.pick(['both', 'both', 'server'] as const),
    refusedMs: Math.round(random.pick([0, random.uniform(0, 400), random.uniform(400, 8000)])),
    everyMs: Math.round(random.pick([random.uniform(60, 600), random.uniform(600, 6000)])),
    forMs: Math.round(random.pick([1, random.uniform(500, 9000)])),
    atMs: Math.floor(random.uniform(2000, quietAtMs - 1)),
  }));
}

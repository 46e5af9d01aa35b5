import type { Fault, FaultKind } from './faults.js';
import type { Scenario } from './scenario.js';
import { Random } from './world/random.js';

type Scene = Omit<Scenario, 'faults'>;

const MINUTE_MS = 60_000;
/** Beside steps: of these it can be said how soon jobs start again. */
export const BESIDE_STEPS: readonly FaultKind[] = ['crash', 'stop', 'run-now', 'script-flush'];

/** In every twentieth scenario the clock of Redis is set, forward or back; the others stay as they are. */
export function clockSteps({ seed, quietAtMs }: Scene, kinds?: readonly FaultKind[]): Fault[] {
  if (!(kinds?.includes('redis-clock-step') ?? seed % 20 === 14)) return [];
  const random = new Random(seed ^ 0xc10c);
  return Array.from({ length: random.pick([1, 1, 2]) }, () => {
    const byMs = random.pick([1, 2, random.uniform(1, 10)]) * MINUTE_MS * random.pick([1, -1]);
    const atMs = Math.round(random.uniform(2000, quietAtMs - 1));
    return { kind: 'redis-clock-step' as const, byMs: Math.round(byMs), atMs };
  });
}

/** In every fifth of them little else happens. */
export function besideSteps(seed: number): readonly FaultKind[] | undefined {
  return seed % 100 === 14 ? BESIDE_STEPS : undefined;
}

/** A job that has run waits, after a step back, until the clock has passed its last tick. */
export function waitAfterSteps(faults: readonly Fault[]): number {
  const backMs = faults.map(fault => (fault.kind === 'redis-clock-step' ? Math.max(0, -fault.byMs) : 0));
  return backMs.reduce((sum, ms) => sum + ms, 0);
}

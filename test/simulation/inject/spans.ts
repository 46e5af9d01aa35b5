import type { Simulation } from '../simulation.js';

/** Does it again and again, until the fault, or all of them, are over. */
export function again(
  simulation: Simulation,
  { atMs, everyMs, forMs }: { atMs: number; everyMs: number; forMs: number },
  act: () => void,
): void {
  const { world, scenario } = simulation;
  const untilMs = Math.min(atMs + forMs, scenario.quietAtMs);
  const step = (): void => {
    if (world.nowMs >= untilMs) return;
    act();
    world.after(everyMs, step);
  };
  step();
}

/** Takes a fault back, unless that is done for all of them before. */
export function later(simulation: Simulation, forMs: number, undo: () => void): void {
  const { world, scenario } = simulation;
  if (world.nowMs + forMs < scenario.quietAtMs) world.after(forMs, undo);
}

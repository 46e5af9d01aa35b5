/*
 * The clock of Redis, by which ticks are due: it may be set during a scenario.
 */
import { EPOCH } from '../world/world.js';
import type { Watch } from './watch.js';

/** The time of the clock of Redis at an instant of the true time, as it is set now, Unix ms. */
export function serverAt({ simulation }: Pick<Watch, 'simulation'>, atMs: number): number {
  const { redis, world } = simulation;
  return EPOCH + atMs + Math.round(redis.master.nowMs - EPOCH - world.nowMs);
}

/** Whether the clock of Redis was set forward within the last `ms`: keys that expire did so at once. */
export function wasSetForward({ history, simulation }: Watch, withinMs: number): boolean {
  const since = simulation.world.nowMs - withinMs;
  return history.clockSteps.some(({ atMs, byMs }) => byMs > 0 && atMs >= since);
}

/** Whether it was set back within the last `ms`: a tick that was due before is not due any more. */
export function wasSetBack({ history, simulation }: Watch, withinMs = Infinity): boolean {
  const since = simulation.world.nowMs - withinMs;
  return history.clockSteps.some(({ atMs, byMs }) => byMs < 0 && atMs >= since);
}

/* The rules about the start of a tick share these: how late it may be, and the calls and ticks of a job. */
import { electionTiming } from '../../../lib/core/election/timing.js';
import type { Call } from '../history.js';
import type { JobPlan, Scenario } from '../scenario.js';
import type { Times } from '../timing-world.js';
import { EPOCH } from '../world/world.js';
import type { Due } from './due.js';
import type { Watch } from './watch.js';

/** Lateness of a start that nothing has delayed, beside the way to Redis and back. */
export const LATE_MS = 100;
/** An election, and what it takes until followers know their leader. */
export const SETTLED_MS = 5000;

export function hasOnly({ scenario }: Watch, kinds: readonly string[]): boolean {
  return scenario.faults.every(({ kind }) => kinds.includes(kind));
}

export function callsOf({ history }: Watch, { name }: JobPlan): readonly Call[] {
  return history.calls.filter(({ job }) => job === name);
}

export function nextTickMs(due: Due, afterMs: number): number {
  return (due.next(EPOCH + afterMs) ?? Infinity) - EPOCH;
}

/** Several ways to Redis and back, as far as the replicas, and the moment of the jitter. */
export function lateBound({ scenario, longest }: Watch, { jitterMs = 0 }: JobPlan): number {
  const wayMs = Math.max(...scenario.pods.map(({ delayMs }) => delayMs));
  return (
    LATE_MS +
    jitterMs +
    6 * wayMs +
    6 * Math.max(0, ...scenario.replicaLagsMs) +
    repetitionMs(scenario, longest, wayMs)
  );
}

/** Where a claim and the question to the replicas take as long as a command may, a claim is sent once more. */
function repetitionMs(scenario: Scenario, longest: Times, wayMs: number): number {
  const { commandTimeoutMs } = electionTiming(longest.intervalMs, longest.ttlMs);
  const shortest = Math.min(scenario.ttlMs, ...scenario.pods.map(({ timing }) => timing?.ttlMs ?? Infinity));
  // Two ways there and two back, of which each may take a quarter more.
  return scenario.isStrict && 5 * wayMs >= electionTiming(0, shortest).commandTimeoutMs
    ? 3 * commandTimeoutMs
    : 0;
}

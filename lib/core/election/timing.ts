/** The times of an election, all in milliseconds. */
export interface ElectionTiming {
  /** How often the leader renews and a follower probes. */
  readonly intervalMs: number;
  /** How long the lease lives without a renewal; `Infinity` where there is no other candidate. */
  readonly ttlMs: number;
  /** How much earlier than the lease the leader's own trust in it ends. */
  readonly marginMs: number;
  /** How long one command may take before its answer counts as unknown. */
  readonly commandTimeoutMs: number;
}

/** A failed command is repeated after a random delay between these. */
export const RETRY_MIN_MS = 200;
export const RETRY_MAX_MS = 500;
/** How often the deadline of a run lock is checked: a timer stands still while a machine is suspended. */
export const DEADLINE_CHECK_MS = 1000;

/** Below this ttl, margin and command timeout shrink in proportion to it. */
const SHORT_TTL_MS = 5000;

/**
 * Derives margin and command timeout from the two times a user sets.
 *
 * The margin covers clocks that run at different rates and the way from a check to its effect: 1 s or 10 % of
 * the ttl, whichever is more; one fifth of a ttl below 5 s. A command may take 1 s, at most 10 % of the ttl.
 */
export function electionTiming(intervalMs: number, ttlMs: number): ElectionTiming {
  const marginMs = ttlMs < SHORT_TTL_MS ? ttlMs / 5 : Math.max(1000, ttlMs / 10);
  return { intervalMs, ttlMs, marginMs, commandTimeoutMs: Math.min(1000, ttlMs / 10) };
}

/**
 * The shortest ttl that holds together with an interval: one renewal may fail, be retried and be given up
 * before trust ends, so `ttl >= interval + margin + 2 * command timeout`.
 */
export function holdsTogether(timing: ElectionTiming): boolean {
  return timing.ttlMs >= timing.intervalMs + timing.marginMs + 2 * timing.commandTimeoutMs;
}

/** The smallest ttl, in steps of 100 ms, that `holdsTogether` accepts for this interval. */
export function smallestTtlMs(intervalMs: number): number {
  let ttlMs = Math.ceil(intervalMs / 100) * 100;
  while (!holdsTogether(electionTiming(intervalMs, ttlMs))) ttlMs += 100;
  return ttlMs;
}

/** The timing of RAM mode: no other pod competes, so the lease never ends and is never renewed. */
export const SOLE_LEADER: ElectionTiming = {
  intervalMs: Infinity,
  ttlMs: Infinity,
  marginMs: 0,
  commandTimeoutMs: 1000,
};

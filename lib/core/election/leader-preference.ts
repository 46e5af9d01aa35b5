/*
 * Which pod should lead.
 *
 * Pods of one application may have different jobs: an API pod beside a worker, a rolling update that adds a job, a job
 * that a user has stopped on one pod. A job that the leader lacks does not run anywhere. So leadership prefers the pod
 * with the larger job set. This is a matter of liveness only: the claim keeps ticks safe under any leader.
 *
 * HOW PODS KNOW. Each pod publishes its job set once, under a digest, and notes the digest with each of its attempts and
 * renewals. The answers bring a count of changes and the note of one candidate (the rival) that the pod asks about, so an
 * idle pod sends no command more than before. When the count has changed, the pod reads all notes, and the sets that it
 * does not know. Sets are compared here and never in a script.
 *
 * THE RULE, on the leader, with each renewal. A rival is a candidate whose set strictly includes that of the leader.
 * It is alive as long as its note is no older than its interval and a second, or the interval of the leader, if that is
 * longer: pods may have other times than the leader, as in a rolling update that changes them.
 *  1. The leader resigns for a rival that has been up for one ttl, neither rests nor drains, and whose note was renewed
 *     between two readings at least an interval apart. Its own term must be at least a ttl old, or a ttl of the rival,
 *     if that is longer. It competes again after 1 s, for the rival may have died.
 *  2. A leader without a job resigns at the first reading that shows a live rival that is up. A pod without a job still
 *     leads where there is no other.
 *  3. A pod that lost a term by its deadline, by FENCED, or by a request because a job was overdue is not preferred to a
 *     leader that has jobs, for 10 ttl: a pod that gets stuck does not come back at once.
 *  4. A pod that resigned because a person wanted it rests for a ttl, and says so; then rule 1 holds again.
 *  5. With fixed sets the leader's set only grows, so leadership cannot move to and fro. With changing sets it moves at
 *     most once per ttl; while three moves lie within 10 ttl, the wait is doubled, and a leader without jobs waits too.
 *
 * THE RULE, on a follower. While it knows of a better candidate (by 1 to 3) that its last reading showed alive, it makes
 * its attempts at a lease that becomes free, and its probes after a due tick, 250 ms later. Never for the holder of the
 * term that ends.
 *
 * A 0.3 pod publishes no set: it is never better or worse. Under a 0.3 leader the rule is off.
 */
import type { ElectionTiming } from './timing.js';
import { isLarger } from './job-set.js';

/** A candidate that knows of a better one competes this much later, ms. */
export const DEFER_MS = 250;
/** A leader that resigned for a larger set competes again after this. */
export const BACK_AFTER_MS = 1000;
/** A candidate that lost a term through a fault of its own is not preferred for this many ttls. */
export const DISTRUST_TTLS = 10;
/** A candidate is alive as long as it was seen within an interval and this. */
const ALIVE_SLACK_MS = 1000;
/** A candidate that was not seen for this time is forgotten: no interval and no ttl in a note counts for more. */
const FORGOTTEN_MS = 600_000;
/** This many moves within `UNSTEADY_TTLS` are reported, and double the wait. */
const UNSTEADY_MOVES = 3;
const UNSTEADY_TTLS = 10;

type Times = Pick<ElectionTiming, 'intervalMs' | 'ttlMs'>;
type JobNames = ReadonlySet<string>;

/** A candidate as the latest reading shows it. Instants by the store's clock, Unix ms. */
export interface Rival {
  readonly podId: string;
  readonly seenAt: number;
  readonly since: number;
  readonly state: 'up' | 'resting' | 'draining';
  readonly distrustedUntil: number;
  /** Its own times, ms. */
  readonly intervalMs: number;
  readonly ttlMs: number;
  /** The jobs that tick on it; `undefined`: it has published none, or they cannot be read. */
  readonly jobs: JobNames | undefined;
}

/** The first of two readings of a rival. */
export interface Sighting {
  readonly at: number;
  readonly seenAt: number;
}

/** The facts on which a leader decides. */
export interface LeaderView {
  readonly jobs: JobNames;
  /** When its term began. */
  readonly termSince: number;
  /** When leadership was handed over lately, the newest last. */
  readonly handOvers: readonly number[];
  /** The store's clock. */
  readonly now: number;
  readonly times: Times;
}

/** A candidate counts as away when it was not seen for longer. */
export function staleAfterMs({ intervalMs }: Pick<Times, 'intervalMs'>): number {
  return intervalMs + ALIVE_SLACK_MS;
}

/** The longer of an own time and that of another pod, as its note has it, ms. */
export function longerTime(ownMs: number, theirsMs: number): number {
  return Math.max(ownMs, Math.min(theirsMs, FORGOTTEN_MS));
}

/** By its own interval where that is longer than that of the pod that judges: it renews its note no more often. */
export function isAlive(
  { seenAt, intervalMs }: Pick<Rival, 'seenAt' | 'intervalMs'>,
  now: number,
  times: Times,
): boolean {
  return now - seenAt <= staleAfterMs({ intervalMs: longerTime(times.intervalMs, intervalMs) });
}

/** Whether the leader should resign for this rival now. */
export function shouldHandOver(leader: LeaderView, rival: Rival, first: Sighting | undefined): boolean {
  const { jobs, now, times } = leader;
  if (!isBetter(jobs, rival, now, times) || !isAlive(rival, now, times)) return false;
  if (now - leader.termSince < longestWait(leader, rival)) return false;
  return jobs.size === 0 || isRenewed(rival, first, now, times);
}

/** Whether a pod with these jobs makes its attempts later, for the sake of this candidate. */
export function shouldDefer(jobs: JobNames, rival: Rival, now: number, times: Times): boolean {
  return isBetter(jobs, rival, now, times) && isAlive(rival, now, times);
}

/** Whether leadership has moved so often that it is reported. */
export function isUnsteady(handOvers: readonly number[], now: number, { ttlMs }: Times): boolean {
  const recent = handOvers.filter(at => at <= now && now - at <= UNSTEADY_TTLS * ttlMs);
  return recent.length >= UNSTEADY_MOVES;
}

/** Until when a candidate is not preferred that loses its term now. */
export function distrustedUntil(now: number, { ttlMs }: Pick<Times, 'ttlMs'>): number {
  return Math.round(now + DISTRUST_TTLS * ttlMs);
}

/** All that makes a candidate better, but that it is alive. */
function isBetter(jobs: JobNames, rival: Rival, now: number, times: Times): boolean {
  if (rival.jobs === undefined || !isLarger(rival.jobs, jobs) || rival.state !== 'up') return false;
  if (jobs.size === 0) return true;
  return now - rival.since >= times.ttlMs && !isDistrusted(rival, now, times);
}

/** No longer than it could be, whatever stands in its note. */
function isDistrusted(rival: Rival, now: number, times: Times): boolean {
  const longest = distrustedUntil(now, { ttlMs: longerTime(times.ttlMs, rival.ttlMs) });
  return rival.distrustedUntil > now && rival.distrustedUntil <= longest;
}

/** A note that stands still is that of a pod that died. */
function isRenewed(rival: Rival, first: Sighting | undefined, now: number, { intervalMs }: Times): boolean {
  return first !== undefined && now - first.at >= intervalMs && rival.seenAt > first.seenAt;
}

/** By the longer ttl of the two: a rival that lost the term before has noticed and published that by then. */
function longestWait({ jobs, handOvers, now, times }: LeaderView, rival: Rival): number {
  const ttlMs = longerTime(times.ttlMs, rival.ttlMs);
  if (isUnsteady(handOvers, now, times)) return jobs.size === 0 ? ttlMs : 2 * ttlMs;
  return jobs.size === 0 ? 0 : ttlMs;
}

import { wasSetBack, wasSetForward } from './clock.js';
import { onFollowed } from './healthy-leader.js';
import type { SimPod } from '../sim-pod.js';
import type { SimServer } from '../world/sim-server.js';
import { checkTermEnds } from './term-ends.js';
import { holderIn, keys, type Lease, type Watch } from './watch.js';

const ONE_LEADER = 'one leader';

/** How often beliefs are compared with the truth, ms. */
const PROBE_MS = 250;
/** Of the protocol: a holder is missing for this long before it is followed. */
const GONE_MS = 250;

/** A pod says that it has a new term: tokens increase. */
export function onElected(watch: Watch, process: string, token: number): void {
  const { history, simulation, longest } = watch;
  const { terms, counters, losses } = history;
  const highest = terms.reduce((most, term) => Math.max(most, term.token), 0);
  // Redis has lost its memory, and its clock shows a time that has been.
  const isForgotten = history.clockSetBack || (losses.length > 0 && wasSetBack(watch));
  // Of two masters one may grant a term first, and its answer may arrive last.
  if (token <= highest && !isForgotten && !simulation.redis.wasSplit(longest.ttlMs))
    history.violated('G4: tokens increase', `${process} got ${token} after ${highest}`);
  terms.push({ token, process, atMs: simulation.world.nowMs });
  counters.terms += 1;
}

/** Checks all beliefs now and then, from now on. */
export function probeBeliefs(watch: Watch): void {
  const { world } = watch.simulation;
  const probe = (): void => {
    checkBeliefs(watch);
    checkTermEnds(watch);
    world.after(PROBE_MS, probe);
  };
  world.after(PROBE_MS, probe);
}

/**
 * No two pods lead at once, and the leader has the lease, for at least the margin. The exception is a pod that does not
 * know that its connection is gone.
 */
export function checkBeliefs(watch: Watch): void {
  const { history, simulation } = watch;
  const leaders = simulation.pods.filter(
    pod =>
      pod.process.isRunning && pod.parts.elector.isLeader() && !simulation.isHalfOpen(pod) && !isFooled(pod),
  );
  // Of a lease that lapses because the clock of Redis was set forward, its holder does not know until it renews.
  if (leaders.length > 1 && history.clockSteps.length > 0 && isLeaseUncertain(watch))
    history.leaveOut(ONE_LEADER, 'the clock of Redis was set');
  else assertOneLeader(watch, leaders.map(believerIn(watch)), simulation.world.nowMs);
  const [leader] = leaders;
  if (leader !== undefined && !isLeaseUncertain(watch)) assertLease(watch, leader);
}

/** A pod that believes that it leads. */
export interface Believer {
  readonly id: string;
  readonly token: number;
  readonly ttlMs: number;
}

function believerIn({ history: { terms } }: Watch): (pod: SimPod) => Believer {
  return ({ id, timing: { ttlMs } }) => {
    const term = terms.findLast(({ process }) => process === id);
    return { id, token: term?.token ?? 0, ttlMs };
  };
}

/** No two, but for the holder of a term that Redis has forgotten, for as long as it may trust its last renewal. */
export function assertOneLeader(
  { history }: Pick<Watch, 'history'>,
  believers: readonly Believer[],
  nowMs: number,
): void {
  const leaders = believers.filter(
    ({ token, ttlMs }) => nowMs - (history.forgottenTerms.get(token) ?? -Infinity) >= ttlMs,
  );
  if (believers.length > 1 && leaders.length <= 1)
    return history.leaveOut(ONE_LEADER, 'Redis has forgotten the lease and its term');
  if (leaders.length > 0) history.judge(ONE_LEADER);
  if (leaders.length > 1)
    history.violated(ONE_LEADER, `${leaders.map(({ id }) => id).join(' and ')} lead at once`);
}

/**
 * Its monotonic clock stood still, and its wall clock was set back: no clock of the pod shows how much time went by.
 */
function isFooled({ process, timing: { ttlMs } }: SimPod): boolean {
  return process.awakeForMs < ttlMs && process.setBackForMs < 2 * ttlMs;
}

/** Redis has lost something, or a user has deleted the lease, and the leader need not know it yet. */
function isLeaseUncertain(watch: Watch): boolean {
  const { history, simulation, longest } = watch;
  if (wasSetForward(watch, 2 * longest.ttlMs)) return true;
  const since = simulation.world.nowMs - 2 * longest.ttlMs;
  return history.losses.some(({ atMs }) => atMs > since) || history.leaseDeletedAtMs > since;
}

function assertLease({ history, simulation }: Watch, leader: SimPod): void {
  const { master } = simulation.redis;
  const lease = leaseOf(master);
  const { marginMs, ttlMs } = leader.timing;
  const leftMs = lease === undefined ? 0 : lease.expiresAt - master.nowMs;
  const isOwn = lease?.value.startsWith(`${leader.id}|`) === true;
  if (isOwn && leftMs >= marginMs - leader.process.slowness * ttlMs - 2) return;
  history.violated(
    'trust ends before the lease',
    `${leader.id} believes, and the lease is ${lease?.value ?? 'without a holder'} for ${leftMs.toFixed(0)} ms`,
  );
}

/** A server has executed a script: a lease that is held changes hands only when its holder has been gone for a while. */
export function checkLease(watch: Watch, server: SimServer): void {
  const { history, leases, simulation } = watch;
  const before = leases.get(server);
  const after = leaseOf(server);
  noteAbsence(watch, server, before, after);
  // A server that has lost nothing may follow one that has.
  if (after !== undefined) history.forgottenTerms.delete(tokenIn(after));
  if (after?.value === before?.value && after?.expiresAt === before?.expiresAt) return;
  // A key that was set manually follows no pod, and no pod has to be gone before it is followed.
  if (after !== undefined && holderIn(after.value) === '') return void leases.delete(server);
  if (after === undefined) leases.delete(server);
  else leases.set(server, after);
  if (before === undefined || after === undefined || before.expiresAt < server.nowMs) return;
  // No pod can know of a term that Redis has forgotten.
  if (history.forgottenTerms.has(tokenIn(before))) return;
  const [holder, follower] = [before, after].map(({ value }) => value.slice(0, value.lastIndexOf('|')));
  if (holder === undefined || holder === follower) return;
  if (follower !== undefined) onFollowed(watch, holder, follower);
  const goneForMs = simulation.world.nowMs - (before.missingAtMs ?? server.goneSince(keys.alive + holder));
  if (goneForMs < GONE_MS - 2)
    history.violated(
      'a leader is followed when it is gone',
      `${follower} follows ${holder}, gone for ${goneForMs.toFixed(0)} ms`,
    );
}

/** A holder that has come back and not renewed yet has no trust: its absence counts from the first finding. */
function noteAbsence({ simulation }: Watch, server: SimServer, before?: Lease, after?: Lease): void {
  if (before === undefined || before.expiresAt !== after?.expiresAt) return;
  const goneAtMs = server.goneSince(keys.alive + before.value.slice(0, before.value.lastIndexOf('|')));
  if (goneAtMs <= simulation.world.nowMs) before.missingAtMs ??= goneAtMs;
}

function leaseOf({ double: { data } }: SimServer): Lease | undefined {
  const value = data.value(keys.lease);
  return typeof value === 'string' ? { value, expiresAt: data.expiresAt(keys.lease) ?? 0 } : undefined;
}

function tokenIn({ value }: Pick<Lease, 'value'>): number {
  return Number(value.slice(value.lastIndexOf('|') + 1));
}

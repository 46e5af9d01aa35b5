/*
 * Which pod leads where their jobs differ. The rules are written anew from the protocol and use the real state, not
 * the beliefs of the library.
 */
import type { SimPod } from '../sim-pod.js';
import { wasReadOnce } from './readings.js';
import { keys, type Watch } from './watch.js';

/** Time that a message, a delayed answer and a clock may add. */
const SLACK_MS = 1500;
/** Time after which a pod may receive that the lease is free, and how long a pod waits for a better one at least. */
const DELIVERY_MS = 15;
const DEFER_MS = 200;
/** Faults that leave the network, the clocks and Redis alone. */
const GENTLE = new Set(['stop', 'resign', 'job-stop', 'job-pause', 'run-now']);

/** Moves and faults that the checks remember; instants in true time. */
export class PreferenceLog {
  /** When pods reported that leadership moves to and fro. */
  readonly unsteadyAt = new Map<string, number>();
  /** When pods lost a term through a fault of their own: see `blame`. */
  readonly blamedAt = new Map<string, number>();
  /** When pods lost a term, perhaps by FENCED, which is a fault of their own. */
  readonly lostAt = new Map<string, number>();
  /** When people made pods resign. */
  readonly restingFrom = new Map<string, number>();
  readonly bootedAt = new Map<string, number>();
  readonly stoppingFrom = new Map<string, number>();
  /** When a pod last ended, however it did. */
  goneAtMs = -Infinity;
  /** When the jobs of pods last changed. */
  readonly changedAt = new Map<string, number>();
  /** Moves from leaders with jobs. */
  readonly movedAt: number[] = [];
  /** All that are remembered as moves, from leaders without jobs, too. */
  readonly handOversAt: number[] = [];
  /** The last term that was given up, and the holder. */
  freed = { atMs: -Infinity, holder: '' };
  /** A leader that lacks jobs, the pod that has them, and since when. */
  lacking: { readonly key: string; readonly sinceMs: number } | undefined;
}

/** A pod has resigned for one with more jobs. */
export function onHandedOver(watch: Watch, process: string, termSinceMs: number): void {
  const { simulation, history, preference } = watch;
  const now = simulation.world.nowMs;
  const ledMs = ledFor(watch, process, termSinceMs);
  const leader = simulation.pods.find(({ id }) => id === process);
  const { intervalMs, ttlMs } = leader?.timing ?? watch.longest;
  if (ledMs > intervalMs - 200) preference.handOversAt.push(now);
  if (leader === undefined || leader.process.awakeForMs < ttlMs || isDisturbed(watch)) return;
  const hasJobs = leader.ticking.size > 0;
  // The reason may have died since it was seen.
  const isKnown = now - preference.goneAtMs > aliveMs(watch) && !isAliveByLateNote(watch);
  const reasons = simulation.pods
    .filter(pod => pod !== leader)
    .map(pod => `${pod.id}: ${flawOf(watch, leader, pod) ?? 'none'}`);
  if (isKnown && !reasons.some(reason => reason.endsWith(': none')))
    history.violated('leadership moves to a better pod', `${process} resigns; ${reasons.join('; ')}`);
  if (!hasJobs) return;
  const waitMs = (isUnsteady(watch, now, ttlMs) ? 2 : 1) * ttlMs;
  if (ledMs < waitMs - 200)
    history.violated(
      'leadership moves once per ttl at most',
      `${process} led for ${ledMs} ms, not ${waitMs}`,
    );
  preference.movedAt.push(now);
  // Notes, and with them what is known of moves, may be lost where faults are not gentle.
  const isReported = preference.unsteadyAt.get(process) === now;
  if (isGentle(watch) && isUnsteady(watch, now, ttlMs) && !isReported)
    history.violated('leadership that moves to and fro is reported', `${process} resigns and does not`);
}

/** A pod leads: one that knows of a better one has let the better one lead first. */
export function onElectedByJobs(watch: Watch, process: string): void {
  const { simulation, scenario, history, preference } = watch;
  const now = simulation.world.nowMs;
  const { atMs, holder } = preference.freed;
  const pod = simulation.pods.find(({ id }) => id === process);
  if (pod === undefined || !isGentle(watch) || scenario.redis !== 'ordinary') return;
  // An attempt may have been under way to Redis when the lease became free.
  const deliveryMs = DELIVERY_MS + 3 * Math.max(...scenario.pods.map(({ delayMs }) => delayMs));
  if (now - atMs < deliveryMs || now - atMs > DEFER_MS || !isSettled(watch, pod)) return;
  const better = simulation.pods.find(
    other =>
      other.id !== holder &&
      isSettled(watch, other) &&
      isReady(watch, other, pod.ticking.size > 0) &&
      isLarger(other.ticking, pod.ticking),
  );
  if (better !== undefined)
    history.violated(
      'a better pod goes first',
      `${process} leads ${now - atMs} ms after ${holder}, not ${better.id}`,
    );
}

/** Checked now and then: a job that the leader lacks does not wait for ever. */
export function checkLackedJobs(watch: Watch): void {
  const { simulation, scenario, history, preference } = watch;
  const now = simulation.world.nowMs;
  const isCalm = isGentle(watch) || now > scenario.quietAtMs + watch.longest.ttlMs;
  const leader = simulation.pods.find(({ parts }) => parts.elector.isLeader());
  const better =
    leader?.publishes === true && isCalm
      ? simulation.pods.find(
          pod => isReady(watch, pod, leader.ticking.size > 0) && isLarger(pod.ticking, leader.ticking),
        )
      : undefined;
  if (leader === undefined || better === undefined) return void (preference.lacking = undefined);
  const term = leader.parts.elector.currentTerm()?.token;
  const sets = [leader, better].map(({ ticking }) => [...ticking].join(' '));
  const key = [leader.id, term, better.id, ...sets].join('|');
  if (preference.lacking?.key !== key) preference.lacking = { key, sinceMs: now };
  const { ttlMs, intervalMs } = watch.longest;
  // Leadership that has moved three times of late waits longer, under any leader.
  const recentMs = 12 * ttlMs + SLACK_MS;
  const waitMs = preference.handOversAt.filter(at => now - at < recentMs).length >= 3 ? ttlMs : 0;
  const boundMs = waitMs + (leader.ticking.size === 0 ? 2 * intervalMs : 2 * ttlMs + 3 * intervalMs);
  const lastedMs = now - preference.lacking.sinceMs;
  if (lastedMs > boundMs + SLACK_MS)
    history.violated('a job that the leader lacks is not silent for long', `${key} for ${lastedMs} ms`);
}

/** Why a pod is no reason for the leader to resign; `undefined`: it is one. */
function flawOf(watch: Watch, leader: SimPod, pod: SimPod): string | undefined {
  const { simulation, preference } = watch;
  const { ttlMs } = leader.timing;
  // It publishes nothing more often than it renews its note.
  const intervalMs = Math.max(leader.timing.intervalMs, pod.timing.intervalMs);
  const now = simulation.world.nowMs;
  const recently = (at: number | undefined, ms: number) => at !== undefined && now - at < ms;
  const note = noteOf(watch, pod.id) ?? evictedNoteOf(watch, leader, pod.id);
  if (!pod.publishes || note === undefined) return 'publishes no set';
  const hasChanged = [leader, pod].some(({ id }) =>
    recently(preference.changedAt.get(id), 3 * intervalMs + SLACK_MS),
  );
  if (!hasChanged && !isLarger(pod.ticking, leader.ticking)) return 'has no larger set';
  const stoppingFrom = preference.stoppingFrom.get(pod.id);
  if (stoppingFrom !== undefined && !recently(stoppingFrom, SLACK_MS)) return 'drains';
  if (simulation.redis.master.nowMs - note.seenAt > intervalMs + 1000 + SLACK_MS) return 'is not alive';
  const restingFrom = preference.restingFrom.get(pod.id);
  if (
    restingFrom !== undefined &&
    !recently(restingFrom, SLACK_MS) &&
    recently(restingFrom, pod.timing.ttlMs - 200)
  )
    return 'rests';
  if (leader.ticking.size === 0) return undefined;
  if (recently(preference.bootedAt.get(pod.id), ttlMs - 200)) return 'came just now';
  if (recently(preference.blamedAt.get(pod.id), 10 * pod.timing.ttlMs - SLACK_MS))
    return 'lost a term by its own fault';
  if (isLeftAlone(watch, leader) && wasReadOnce(watch, leader, pod.id, note.seenAt)) return 'was read once';
  return undefined;
}

/** Time after its note was written for which a pod counts as alive, ms. */
function aliveMs({ longest }: Watch): number {
  return longest.intervalMs + 1000 + SLACK_MS;
}

/** A note may arrive long after the end of its pod, if the connection was blocked: its age proves nothing. */
function isAliveByLateNote(watch: Watch): boolean {
  const { simulation } = watch;
  const since = simulation.redis.master.nowMs - aliveMs(watch);
  return [...simulation.booted.values()].some(
    ({ id, process }) => !process.isAlive && (noteOf(watch, id)?.seenAt ?? 0) > since,
  );
}

/** Whether a pod could lead, and is to be preferred to one that has jobs or has none. */
function isReady(watch: Watch, pod: SimPod, toOneWithJobs: boolean): boolean {
  const { simulation, preference } = watch;
  const { ttlMs, intervalMs } = pod.timing;
  const now = simulation.world.nowMs;
  const recently = (at: number | undefined, ms: number) => at !== undefined && now - at < ms;
  if (!pod.publishes || pod.isStopping || !pod.process.isRunning) return false;
  if (recently(preference.restingFrom.get(pod.id), ttlMs + intervalMs)) return false;
  return !(toOneWithJobs && wasBlamed(watch, pod, 10 * ttlMs + SLACK_MS));
}

/** By a fault of its own; or by a loss that may have been one. */
function wasBlamed({ simulation, preference }: Watch, { id }: SimPod, withinMs: number): boolean {
  const at = Math.max(preference.blamedAt.get(id) ?? -Infinity, preference.lostAt.get(id) ?? -Infinity);
  return simulation.world.nowMs - at < withinMs;
}

/** Others have had the time to learn what it has. */
function isSettled({ simulation, longest, preference }: Watch, { id }: SimPod): boolean {
  const settledMs = longest.ttlMs + 3 * longest.intervalMs + SLACK_MS;
  const since = Math.max(preference.bootedAt.get(id) ?? 0, preference.changedAt.get(id) ?? 0);
  return simulation.world.nowMs - since >= settledMs;
}

/** Redis writes down when leadership moved: instants by another clock say nothing. */
function isUnsteady(watch: Watch, now: number, ttlMs: number): boolean {
  const { preference, history } = watch;
  // With their key pods forget what they know of moves.
  const forgottenAt = evictionsOf(watch);
  const steppedAt = history.clockSteps.at(-1)?.atMs ?? -Infinity;
  const since = Math.max(now - 10 * ttlMs + SLACK_MS, steppedAt, ...forgottenAt);
  return preference.movedAt.filter(at => at > since).length >= 3;
}

/** By the clock of Redis, unless that was set. */
function ledFor({ history, simulation }: Watch, process: string, termSinceMs: number): number {
  if (history.clockSteps.length === 0) return simulation.redis.master.nowMs - termSinceMs;
  const term = history.terms.findLast(known => known.process === process);
  return simulation.world.nowMs - (term?.atMs ?? -Infinity);
}

/** Redis has lost something lately, or its clock was set: notes, moves and terms may be other ones. */
function isDisturbed({ history, simulation, longest }: Watch): boolean {
  const since = simulation.world.nowMs - 10 * longest.ttlMs;
  return [...history.losses, ...history.clockSteps].some(({ atMs }) => atMs > since);
}

function isGentle({ scenario }: Watch): boolean {
  return scenario.faults.every(({ kind }) => GENTLE.has(kind));
}

/** A pod knows the answers that it got from Redis. */
function isLeftAlone({ scenario }: Watch, { id }: SimPod): boolean {
  return scenario.faults.every(
    fault => GENTLE.has(fault.kind) || ('pod' in fault && !id.startsWith(`${fault.pod}-`)),
  );
}

function noteOf({ simulation }: Watch, id: string): { readonly seenAt: number } | undefined {
  const hash = simulation.redis.master.double.data.value(keys.candidates);
  const note = hash instanceof Map ? String(hash.get(id) ?? '') : '';
  return note === '' ? undefined : { seenAt: Number.parseInt(note, 10) };
}

/** With their key notes are lost, not the pods: what the leader has read before it learns that goes on to count. */
function evictedNoteOf(watch: Watch, leader: SimPod, id: string): { readonly seenAt: number } | undefined {
  const seenAt = watch.readings.newestOf(leader.id).get(id);
  return seenAt === undefined || evictionsOf(watch).length === 0 ? undefined : { seenAt };
}

/** When the notes of all pods were lost. */
function evictionsOf({ scenario, simulation }: Watch): readonly number[] {
  const now = simulation.world.nowMs;
  return scenario.faults.flatMap(fault =>
    fault.kind === 'evict' && fault.key === 'candidates' && fault.atMs < now ? [fault.atMs] : [],
  );
}

function isLarger(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size > other.size && [...other].every(name => one.has(name));
}

/*
 * The writes of scripts about runs, as replicas see them: independent of their arguments and answers, and of how
 * long records are kept.
 */
import { storedNumber } from '../../../lib/adapters/redis/codec/stored-values.js';
import type { JobPlan } from '../scenario.js';
import type { Simulation } from '../simulation.js';
import type { SimServer } from '../world/sim-server.js';
import type { AbortRequest } from './aborts.js';
import { onTickWritten, resumeEra } from './eras.js';
import { onMadeUp } from './newest.js';
import { OTHER_TYPE } from './other-type.js';
import { onSkippedForRun } from './skips.js';
import { onStartWritten } from './start-runs.js';
import { keys, type Watch } from './watch.js';

/** A run was recorded as abandoned. */
export interface Abandoned {
  readonly job: string;
  readonly tick: number;
  readonly runId: string;
  /** Whose script did it. */
  readonly process: string | undefined;
  readonly atMs: number;
}

const LEFT_ALONE = 'a live run is left alone';

/** Ticks about which the last word was written, but for runs that recover. */
export interface Decided {
  readonly state: string;
  readonly tick: number;
  readonly since: number;
  /** By the server's clock, Unix ms. */
  readonly at: number;
  /** When it was written, in true time. */
  readonly atMs?: number;
  /** The clock of the pod was set forward of late: until an answer shows it, ticks seem due that are not. */
  readonly isHasty?: boolean;
  /** By which schedule its pod has opened the job, where pods may differ: not that of another master's leader. */
  readonly cron?: string | undefined;
}

/** A live run: whose it is, and until when it is live by the server's clock. */
interface Live {
  /** `undefined`: its records went with their key, which a user replaced by one of another type. */
  readonly runId: string | undefined;
  readonly until: number;
}

interface Span {
  readonly fromMs: number;
  /** `Infinity`: it still is. */
  untilMs: number;
}

/** Data of a server that only certain scripts may change. */
class ServerState {
  /** How much of the log was read. */
  read = 0;
  /** Highest fencing token that each job has seen. */
  readonly tokens = new Map<string, number>();
  live: ReadonlyMap<string, Live> = new Map();
}

/** Writes that the checks remember. */
export class WriteLog {
  readonly abandoned: Abandoned[] = [];
  readonly aborts: AbortRequest[] = [];
  /** When runs were first claimed, in true time; only where the clock of Redis is set. */
  readonly claimedAt = new Map<string, number>();
  /** By job, decisions that were written: each about the ticks in `(since, tick]`. */
  readonly decided = new Map<string, Decided[]>();
  /** Ticks of jobs with `latest` about which something was written: "<job> <slot>". */
  readonly known = new Set<string>();
  /** By job that allows no overlap, when a run of it was live, in true time. */
  readonly held = new Map<string, Span[]>();
  /** Runs at the start of a version about which something was written: "<job> <slot>". */
  readonly starts = new Set<string>();
  private readonly servers = new WeakMap<SimServer, ServerState>();

  stateOf(server: SimServer): ServerState {
    const known = this.servers.get(server) ?? new ServerState();
    this.servers.set(server, known);
    return known;
  }

  /** A server begins with what it has: only what it writes from then on counts. */
  begin(server: SimServer): void {
    this.stateOf(server).read = server.replication.log.length;
  }
}

/** A server has executed a script of a pod. */
export function checkWrites(watch: Watch, server: SimServer, pod: string): void {
  const { scenario, writes } = watch;
  const state = writes.stateOf(server);
  const { log } = server.replication;
  if (state.read === log.length) return;
  for (const transaction of log.slice(state.read))
    for (const command of transaction) if (command[0] === 'HSET') onHashWrite(watch, server, command, pod);
  state.read = log.length;
  for (const plan of scenario.jobs) checkToken(watch, server, state, plan);
  checkLocks(watch, server, state);
}

function onHashWrite(
  watch: Watch,
  server: SimServer,
  [, key, slot = '', packed = '']: readonly string[],
  pod: string,
): void {
  const plan = watch.scenario.jobs.find(({ name }) => keys.runs(name) === key);
  if (plan === undefined) return;
  if (slot.startsWith('!')) return onAbortRequest(watch, plan, slot.slice(1));
  onTickWritten(watch, plan, slot, packed);
  if (server === watch.simulation.redis.master) resumeEra(watch, plan, slot, packed);
  const [state = '', runId = '', , , at = '', reason] = packed.split('|', 6);
  onMadeUp(watch, plan, { slot, state, packed });
  if (state === 'skipped' && reason === 'running') onSkippedForRun(watch, server, plan.name, slot);
  const isManual = slot.includes('@');
  if (state === 'claimed') noteClaim(watch, runId);
  onStartWritten(watch, plan.name, slot, pod);
  // At the start of a version the end of the pause alone counts.
  if (state === 'claimed' && slot.includes('@start:')) assertNoPause(watch, server, plan, Number.NaN);
  if (state === 'claimed' && !isManual) assertNoPause(watch, server, plan, Number(slot));
  if (state === 'abandoned') {
    const { simulation, writes, history } = watch;
    const live = writes.stateOf(server).live.get(`${slot}|${plan.name}`);
    if (live?.runId === runId && live.until > server.nowMs)
      history.violated(LEFT_ALONE, `${plan.name} ${slot}: ${runId} is abandoned`);
    const process = processOf(simulation, pod);
    const atMs = simulation.world.nowMs;
    writes.abandoned.push({ job: plan.name, tick: Number.parseInt(slot, 10), runId, process, atMs });
  }
  if (isManual || /^(claimed|queued|released)$/.test(state)) return;
  const tick = Number(slot);
  const since = state === 'missed' ? Number(/"since":(-?\d+)/.exec(packed)?.[1] ?? tick - 1) : tick - 1;
  const decided = watch.writes.decided.get(plan.name) ?? [];
  watch.writes.decided.set(plan.name, decided);
  const { simulation, longest, schedules } = watch;
  const setForwardForMs = simulation.berths.get(pod)?.pod?.process.setForwardForMs ?? Infinity;
  const isHasty = setForwardForMs < 2 * longest.ttlMs;
  const cron = schedules.active.get(`${processOf(simulation, pod) ?? ''} ${plan.name}`)?.cron;
  const atMs = simulation.world.nowMs;
  decided.push({ state, tick, since, at: Number(at), atMs, isHasty, cron });
}

function noteClaim({ writes, simulation, scenario }: Watch, runId: string): void {
  if (writes.claimedAt.has(runId) || scenario.faults.every(({ kind }) => kind !== 'redis-clock-step')) return;
  writes.claimedAt.set(runId, simulation.world.nowMs);
}

function onAbortRequest({ writes, simulation }: Watch, { name: job }: JobPlan, runId: string): void {
  writes.aborts.push({ job, runId, atMs: simulation.world.nowMs });
}

/** Nothing of the schedule starts during a pause; nor does, later, a tick that fell into one. */
function assertNoPause({ history }: Watch, server: SimServer, { name }: JobPlan, tick: number): void {
  history.judge('nothing starts during a pause');
  for (const key of [keys.control, keys.job(name)]) {
    const hash = server.double.data.value(key);
    if (!(hash instanceof Map)) continue;
    // A value that cannot be read pauses nothing.
    const until = storedNumber(hash.get('pausedUntil') ?? '') ?? 0;
    const from = storedNumber(hash.get('pausedFrom') ?? '') ?? until;
    if (until > Math.floor(server.nowMs) || (from <= tick && tick < until))
      history.violated(
        'nothing starts during a pause',
        `${name} ${tick} is claimed at ${server.nowMs}, and ${key} is paused from ${from} to ${until}`,
      );
  }
}

/** The highest token that a job has seen never goes back: an older leader is refused. */
function checkToken({ history }: Watch, server: SimServer, state: ServerState, { name }: JobPlan): void {
  const hash = server.double.data.value(keys.job(name));
  const written = hash instanceof Map ? (hash.get('token') ?? '0') : '0';
  const token = Number(written);
  // A value that a user has written there is no token of a term.
  if (!/^(0|\d{13})$/.test(written)) return;
  const before = state.tokens.get(name) ?? 0;
  if (token < before && hash instanceof Map)
    history.violated('G4: a job refuses older tokens', `${name} had ${before}, and has ${token}`);
  state.tokens.set(name, token);
}

/** One run of a job is live at a time; and while it is, only its own pod ends that. */
function checkLocks(watch: Watch, server: SimServer, state: ServerState): void {
  const { scenario, history, writes, simulation } = watch;
  const live = liveRuns(server);
  for (const [member, { runId }] of live) {
    const other = state.live.get(member);
    if (other === undefined) continue;
    if (runId === undefined || other.runId === undefined) {
      history.leaveOut(LEFT_ALONE, OTHER_TYPE);
      continue;
    }
    history.judge(LEFT_ALONE);
    if (other.runId !== runId && other.until > server.nowMs)
      history.violated(LEFT_ALONE, `${member}: ${runId} replaces ${other.runId}`);
  }
  for (const { name, overlap } of scenario.jobs) {
    if (overlap === 'allow') continue;
    const runs = [...live.keys()].filter(member => member.slice(member.indexOf('|') + 1) === name);
    if (runs.length > 1)
      history.violated('one run of a job is live', `${runs.join(' and ')} on ${server.name}`);
    noteHeld(writes, name, runs.length > 0, simulation.world.nowMs);
  }
  state.live = live;
}

function noteHeld({ held }: WriteLog, job: string, isHeld: boolean, nowMs: number): void {
  const spans = held.get(job) ?? [];
  held.set(job, spans);
  const last = spans.at(-1);
  const wasHeld = last?.untilMs === Infinity;
  if (isHeld && !wasHeld) spans.push({ fromMs: nowMs, untilMs: Infinity });
  if (!isHeld && wasHeld) last.untilMs = nowMs;
}

function liveRuns(server: SimServer): Map<string, Live> {
  const { data } = server.double;
  const live = new Map<string, Live>();
  const set = data.value(keys.unfinished);
  if (set === undefined || typeof set === 'string' || !('members' in set)) return live;
  for (const { name: member, score } of set.members) {
    if (score <= server.nowMs) continue;
    const at = member.indexOf('|');
    const hash = data.value(keys.runs(member.slice(at + 1)));
    const record = hash instanceof Map ? (hash.get(member.slice(0, at)) ?? '') : '';
    const runId = typeof hash === 'string' ? undefined : (record.split('|', 2)[1] ?? '');
    live.set(member, { runId, until: score });
  }
  return live;
}

function processOf(simulation: Simulation, pod: string): string | undefined {
  return simulation.berths.get(pod)?.pod?.id;
}

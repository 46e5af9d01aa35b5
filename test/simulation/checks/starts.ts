import type { Call } from '../history.js';
import type { JobPlan } from '../scenario.js';
import type { Simulation } from '../simulation.js';
import { wasSetBack, wasSetForward } from './clock.js';
import { assertOneAttempt } from './endless.js';
import { assertDelayOver } from './initial-delays.js';
import { OTHER_TYPE } from './other-type.js';
import { keys, type Watch } from './watch.js';

const LIVE_CLAIM = 'a run starts while its claim is live';
const ALONE = 'runs do not overlap';

/** Of the protocol: the time by which a tick may be claimed before it is due. */
const EARLY_MS = 50;
/** The clock of a replica may be so much off that of its master. */
const CLOCK_ERROR_MS = 50;

/** A handler is called: its tick is due, and by the record of Redis the run is its own and live. */
export function onCall(watch: Watch, call: Call, plan: JobPlan): void {
  const { history, simulation } = watch;
  const errorMs = history.losses.length > 0 ? 2 * CLOCK_ERROR_MS : 0;
  // Claimed before, and the answers were under way; or attempted before.
  const claimedAtMs = watch.writes.claimedAt.get(call.runId) ?? -Infinity;
  const isLater = call.recovering || call.attempt > 1;
  const wasDue = wasSetBack(watch, isLater ? Infinity : simulation.world.nowMs - claimedAtMs);
  if (!call.manual && !wasDue && call.serverAt < call.tick - EARLY_MS - 1 - errorMs)
    history.violated('no start before its tick', `${call.job} ${call.tick} at ${call.serverAt}`);
  assertSettled(watch, call);
  assertDelayOver(watch, call, plan);
  assertOneAttempt(watch, call);
  const isFirst = !history.calls.some(other => other !== call && other.runId === call.runId);
  const hasLapsed = wasSetForward(watch, watch.longest.ttlMs);
  const whyNot = isLost(watch, call)
    ? 'its record was lost'
    : hasLapsed
      ? 'the clock of Redis was set forward'
      : whyUnreadable(watch, call);
  if (isFirst && whyNot !== undefined) history.leaveOut(LIVE_CLAIM, whyNot);
  else if (isFirst) {
    history.judge(LIVE_CLAIM);
    assertOwn(watch, call);
    if (watch.scenario.isStrict) assertReplicated(watch, call);
  }
  if (plan.overlap === 'allow') return;
  // Heartbeats may be lost where claims are not.
  if (history.losses.length > 0) return history.leaveOut(ALONE, 'Redis lost something');
  // If its lock lapsed by that, the run learns of it with the next heartbeat.
  if (hasLapsed) return history.leaveOut(ALONE, 'the clock of Redis was set forward');
  history.judge(ALONE);
  assertAlone(watch, call, simulation);
}

function isLost({ lost, scenario }: Watch, { job, tick, manual, request, runId }: Call): boolean {
  const slot = manual ? `${tick}@${request ?? runId}` : String(tick);
  return lost.has(job, slot, scenario.isStrict);
}

function whyUnreadable({ simulation }: Watch, { job }: Call): string | undefined {
  const runs = simulation.redis.master.double.data.value(keys.runs(job));
  return typeof runs === 'string' ? OTHER_TYPE : undefined;
}

/** A pod that has just started starts nothing of the past: no missed tick, no crashed run, no request. */
function assertSettled(watch: Watch, call: Call): void {
  const { history, simulation } = watch;
  const pod = simulation.pods.find(({ id }) => id === call.process);
  const upForMs = call.startedAtMs - (pod?.startedAtMs ?? -Infinity);
  // By the clock of the pod, which may drift.
  if (upForMs >= (pod?.timing.intervalMs ?? Infinity) * 0.95) return;
  const wasDue = call.serverAt - call.tick > upForMs + EARLY_MS;
  const isOfThePast = !call.manual && wasDue && !wasSetForward(watch, upForMs);
  if (isOfThePast || call.recovering || call.request !== undefined)
    history.violated(
      'a pod that has just started starts nothing of the past',
      `${call.process} ${call.job} ${call.tick}, up for ${Math.round(upForMs)} ms`,
    );
}

function assertOwn({ history, simulation }: Watch, call: Call): void {
  const { data } = simulation.redis.master.double;
  const value = data.value(keys.runs(call.job));
  const records: [string, string][] = value instanceof Map ? [...value] : [];
  const isTheirs = ([slot, packed]: [string, string]): boolean =>
    call.manual
      ? slot.startsWith(`${call.tick}@`) && packed.includes(`|${call.runId}|`)
      : slot === String(call.tick);
  const [slot = '', record] = records.find(isTheirs) ?? [];
  const [state, runId] = record?.split('|') ?? [];
  const live = data.sortedSet(keys.unfinished)?.score(`${slot}|${call.job}`) ?? 0;
  const isOwn = state === 'claimed' && runId === call.runId && live > call.serverAt;
  if (!isOwn) {
    history.violated(
      LIVE_CLAIM,
      `${call.process} ${call.job} ${call.tick} ${call.runId}: ${record ?? 'no record'}, live until ${live}, now ${call.serverAt}`,
    );
  }
}

/** G2: in strict mode every replica that may be promoted has the claim. */
function assertReplicated({ history, simulation }: Watch, call: Call): void {
  const { log, replicas } = simulation.redis.master.replication;
  const claimedAt = log.findLastIndex(transaction =>
    transaction.some(
      ([name, key, , record = '']) =>
        name === 'HSET' && key === keys.runs(call.job) && record.split('|')[1] === call.runId,
    ),
  );
  const lacking = replicas.filter(({ received }) => received <= claimedAt).length;
  if (lacking > 0)
    history.violated(
      'G2: every replica has the claim',
      `${lacking} lack ${call.job} ${call.tick} ${call.runId}`,
    );
}

/** Another run of the job may go on only if no signal could reach it, or it ignores its signal. */
function assertAlone({ history }: Watch, call: Call, simulation: Simulation): void {
  for (const other of history.calls) {
    if (other.job !== call.job || other.runId === call.runId || other.endedAtMs !== undefined) continue;
    const pod = simulation.pods.find(({ id }) => id === other.process);
    if (pod?.process.isRunning !== true || other.signal.aborted) continue;
    // Its timers are late by as long as the machine was suspended.
    if (pod.process.awakeForMs < pod.timing.ttlMs) continue;
    history.violated(
      ALONE,
      `${call.process} starts ${call.job} ${call.tick} while ${other.process} runs ${other.tick}`,
    );
  }
}

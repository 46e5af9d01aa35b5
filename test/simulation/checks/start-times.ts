import { overAtMs, type Call } from '../history.js';
import type { Fault } from '../faults.js';
import type { JobPlan } from '../scenario.js';
import { EPOCH } from '../world/world.js';
import { dueOf } from './due.js';
import { dueIn } from './eras.js';
import { callsOf, hasOnly, LATE_MS, lateBound, nextTickMs, SETTLED_MS } from './time-bounds.js';
import { mayLose, type Watch } from './watch.js';

/** Of the protocol: a crash of the leader makes a tick late by this time. */
const CRASH_MS = 500;
/** Beside two intervals: a follower that probes after ticks has ended, and another one does so in its stead. */
const VACANT_MS = 2000;
/** The same of a stop: an election, and the opening of the jobs. */
const STOP_MS = 200;
/** Of the way of a notification, and of the claim behind it. */
const NOTIFIED_MS = 150;

/** When starts must have come, wherever nothing excuses a later one. */
export function checkStartTimes(watch: Watch, plan: JobPlan): void {
  if (mayLose(watch) || /^\d{4}-/.test(plan.cron)) return;
  checkClock(watch, plan);
  checkUnhindered(watch, plan);
  // The next leader may be in the delay of the job.
  if (delayOf(plan) > 0) return;
  checkHandOver(watch, plan);
  checkEndOfLeader(watch, plan, CRASH);
  checkEndOfLeader(watch, plan, STOP);
}

/** A tick starts at its instant by the clock of the store, however far the clocks of pods are off. */
function checkClock(watch: Watch, plan: JobPlan): void {
  const { history, scenario, longest } = watch;
  const settledMs = scenario.quietAtMs + 2 * longest.ttlMs + SETTLED_MS + delayOf(plan);
  for (const call of callsOf(watch, plan)) {
    const lateMs = call.serverAt - call.tick;
    const dueMs = call.startedAtMs - lateMs;
    if (call.manual || call.recovering || call.attempt > 1 || dueMs < settledMs) continue;
    const isBehind = history.terms.some(({ atMs }) => atMs > dueMs - SETTLED_MS && atMs < call.startedAtMs);
    if (isBehind || isHeldUp(watch, call, dueMs)) continue;
    if (lateMs > lateBound(watch, plan))
      history.violated(
        'a tick starts at its instant by the clock of Redis',
        `${call.process} ${call.job} ${call.tick}: ${Math.round(lateMs)} ms late`,
      );
  }
}

const UNHINDERED = 'a tick starts at its instant where nothing is in its way';
/** Faults that are in the way of no job but the one that they are about. */
const ASIDE = ['abort', 'run-now', 'script-flush'];

/** Nothing but a run of its own keeps a job from a tick: not what the other jobs of its pod do. */
function checkUnhindered(watch: Watch, plan: JobPlan): void {
  const { history, scenario, opened } = watch;
  const { cron, jitterMs = 0 } = plan;
  if (!hasOnly(watch, ASIDE) || jitterMs > 0 || scenario.hasResigningListener === true) return;
  const calls = callsOf(watch, plan);
  const settledMs = Math.max(...history.terms.map(({ atMs }) => atMs)) + SETTLED_MS + delayOf(plan);
  const fromMs = Math.max(settledMs, (opened.get(plan.name) ?? Infinity) - EPOCH);
  const lateMs = lateBound(watch, plan);
  const due = dueIn(watch, plan);
  for (
    let dueMs = nextTickMs(due, fromMs);
    dueMs + lateMs < scenario.endsAtMs;
    dueMs = nextTickMs(due, dueMs)
  ) {
    const tick = EPOCH + dueMs;
    const byMs = dueMs + lateMs;
    // A run goes on between two of its attempts, too.
    const isBlocked = calls.some(
      ({ tick: other, startedAtMs, runId }) =>
        other !== tick &&
        startedAtMs <= byMs &&
        calls.some(call => call.runId === runId && overAtMs(call) >= dueMs - lateMs),
    );
    if (isBlocked && plan.overlap !== 'allow') continue;
    history.judge(UNHINDERED);
    if (!calls.some(call => call.tick === tick && call.startedAtMs <= byMs))
      history.violated(UNHINDERED, `${plan.name} by ${cron} does not start ${tick}`);
  }
}

/** An earlier run of the job, or the ticks before it, may hold a tick up. */
function isHeldUp({ history }: Watch, call: Call, dueMs: number): boolean {
  return history.calls.some(
    other =>
      other !== call &&
      other.job === call.job &&
      other.startedAtMs <= call.startedAtMs &&
      (other.startedAtMs >= dueMs || overAtMs(other) >= dueMs - LATE_MS),
  );
}

/** A run that goes on under an earlier leader: the job starts at the first tick after its end. */
function checkHandOver(watch: Watch, plan: JobPlan): void {
  const { history, scenario, longest } = watch;
  if (plan.overlap === 'allow' || !hasOnly(watch, ['stop', 'resign', 'run-now', 'script-flush'])) return;
  const pollMs = scenario.redis === 'no-pubsub' ? longest.intervalMs : 0;
  for (const call of callsOf(watch, plan)) {
    const { endedAtMs } = call;
    const leader = endedAtMs === undefined ? undefined : leaderAt(watch, endedAtMs);
    if (endedAtMs === undefined || leader === undefined || leader.token <= call.token) continue;
    const byMs = nextTickMs(dueIn(watch, plan), endedAtMs) + pollMs + NOTIFIED_MS + lateBound(watch, plan);
    // The job has stood open for a moment before the run ended, and its leader stays.
    if (leader.atMs > endedAtMs - SETTLED_MS || !leadsOn(watch, leader.process, endedAtMs, byMs)) continue;
    const isStarted = history.calls.some(
      next => next.job === plan.name && next.startedAtMs >= endedAtMs && next.startedAtMs <= byMs,
    );
    if (!isStarted && !hasRunAt(watch, plan, endedAtMs))
      history.violated(
        'a job starts at the first tick after the run that blocked it',
        `${plan.name} does not start by ${Math.round(byMs)}; ${call.process} ended ${call.tick} at ${Math.round(endedAtMs)}`,
      );
  }
}

/** How a leader ends, and by how much that may delay a tick of a job that nothing blocks. */
interface EndOfLeader {
  readonly kind: 'crash' | 'stop';
  readonly delayMs: number;
  readonly rule: string;
}

const CRASH: EndOfLeader = {
  kind: 'crash',
  delayMs: CRASH_MS,
  rule: 'a crash of the leader delays a tick by half a second',
};
const STOP: EndOfLeader = {
  kind: 'stop',
  delayMs: STOP_MS,
  rule: 'a leader that is stopped delays no tick',
};

/** A leader that crashes, or is stopped, delays a job that nothing blocks by no more than that. */
function checkEndOfLeader(watch: Watch, plan: JobPlan, { kind, delayMs, rule }: EndOfLeader): void {
  const { history, scenario, longest } = watch;
  const isJudged = plan.catchUp !== 'skip' && scenario.redis === 'ordinary' && hasOnly(watch, [kind]);
  if (!isJudged || (kind === 'crash' && !scenario.fastTakeover)) return;
  // Pods whose listeners resign rest, perhaps all of them.
  if (scenario.hasResigningListener === true) return;
  // Candidates let those with more jobs go first.
  if (kind === 'stop' && scenario.pods.some(({ jobs }) => jobs !== undefined)) return;
  for (const end of endsOf(scenario.faults, kind)) {
    const leader = leaderAt(watch, end.atMs);
    if (leader?.process !== `${end.pod}-1` || leader.atMs > end.atMs - SETTLED_MS - longest.ttlMs) continue;
    const isBlocked =
      plan.overlap !== 'allow' && (hasRunAt(watch, plan, end.atMs) || isHeldAt(watch, plan, end));
    const foundMs = kind === 'crash' ? foundAtMs(watch, end) : end.atMs;
    // By the pods that stand by all the time until then.
    const bounds = scenario.pods.flatMap(({ name, startsAtMs }) => {
      if (name === end.pod || startsAtMs >= end.atMs - SETTLED_MS - longest.ttlMs) return [];
      const untilMs = startsByMs(watch, plan, { atMs: end.atMs, leader: leader.process, foundMs, delayMs });
      const standsBy = scenario.faults.every(
        other => !('pod' in other) || other.pod !== name || other.atMs > untilMs,
      );
      return standsBy ? [untilMs] : [];
    });
    const byMs = Math.min(...bounds);
    if (isBlocked || byMs > scenario.endsAtMs) continue;
    history.judge(rule);
    const isStarted = callsOf(watch, plan).some(
      ({ startedAtMs }) => startedAtMs > end.atMs && startedAtMs <= byMs,
    );
    if (!isStarted)
      history.violated(
        rule,
        `${plan.name} does not start by ${Math.round(byMs)}; ${leader.process} ended at ${end.atMs}`,
      );
  }
}

/** The first end of each pod. */
function endsOf(faults: readonly Fault[], kind: EndOfLeader['kind']): (Fault & { readonly pod: string })[] {
  const ends = faults.flatMap(fault =>
    fault.kind === kind && !(fault.kind === 'crash' && fault.machine) ? [fault] : [],
  );
  return ends.filter(({ pod, atMs }) =>
    faults.every(other => other.kind !== kind || other.pod !== pod || other.atMs >= atMs),
  );
}

function delayOf({ initialDelayMs = 0 }: JobPlan): number {
  return initialDelayMs;
}

function hasRunAt(watch: Watch, plan: JobPlan, atMs: number): boolean {
  return callsOf(watch, plan).some(call => call.startedAtMs <= atMs && overAtMs(call) > atMs);
}

/** A run may be live before its handler is called, and between two attempts. Redis receives all that a pod has sent. */
function isHeldAt({ writes, scenario }: Watch, { name }: JobPlan, { atMs }: Fault): boolean {
  const sentMs = 2 * Math.max(...scenario.pods.map(({ delayMs }) => delayMs));
  const spans = writes.held.get(name) ?? [];
  return spans.some(({ fromMs, untilMs }) => fromMs <= atMs + sentMs && untilMs > atMs);
}

/**
 * When a crash is found: two followers find it with their next tick of any job, whichever pods they are. Where both may
 * have ended too, and the next ones are not known yet, it is found by an ordinary attempt of any pod.
 */
function foundAtMs(watch: Watch, end: Fault & { readonly pod: string }): number {
  const { scenario, simulation, longest } = watch;
  const byAttemptMs = end.atMs + longest.intervalMs;
  const pods = [...simulation.booted.values()].filter(
    ({ berth, startedAtMs }) => berth !== end.pod && startedAtMs < end.atMs,
  );
  const byTicksMs = pods.map(pod => {
    const jobs = scenario.jobs.filter(({ name }) => pod.has(name));
    return Math.min(...jobs.map(({ name, cron }) => nextTickMs(dueOf(pod.cronOf(name) ?? cron), end.atMs)));
  });
  return endedLately(watch, end) < 2 ? Math.min(byAttemptMs, Math.max(...byTicksMs)) : byAttemptMs;
}

/** How many other pods end about that time: for as long as others may wait for their positions. */
function endedLately({ scenario, longest }: Watch, end: Fault & { readonly pod: string }): number {
  const { intervalMs } = longest;
  const [fromMs, untilMs] = [end.atMs - 2 * intervalMs - VACANT_MS, end.atMs + intervalMs + VACANT_MS];
  return scenario.faults.filter(
    fault => 'pod' in fault && fault.pod !== end.pod && fault.atMs > fromMs && fault.atMs < untilMs,
  ).length;
}

/**
 * When a tick has started after the end of a leader. Of a changed schedule ticks count from its opening on. `Infinity`:
 * the next leader ends before that.
 */
function startsByMs(
  watch: Watch,
  plan: JobPlan,
  {
    atMs,
    leader,
    foundMs,
    delayMs,
  }: { readonly atMs: number; readonly leader: string; readonly foundMs: number; readonly delayMs: number },
): number {
  const { history, simulation, scenario } = watch;
  const next = history.terms.find(term => term.atMs > atMs);
  const follower = simulation.booted.get(next?.process ?? leader);
  const due = dueOf(follower?.cronOf(plan.name) ?? plan.cron);
  const lateMs = delayMs + lateBound(watch, plan);
  const isChanged = simulation.booted.get(leader)?.cronOf(plan.name) !== follower?.cronOf(plan.name);
  const dueMs = nextTickMs(due, isChanged ? foundMs + lateMs : atMs);
  const byMs = Math.max(dueMs, foundMs) + lateMs;
  if (next === undefined || follower === undefined || next.atMs > byMs) return byMs;
  // Of the protocol: on a pod that has just started what was missed waits.
  const settledMs = follower.startedAtMs + follower.timing.intervalMs + lateMs;
  const startsMs = !isChanged && next.atMs > dueMs ? Math.max(byMs, settledMs) : byMs;
  const ends = scenario.faults.some(
    fault =>
      'pod' in fault &&
      next.process.startsWith(`${fault.pod}-`) &&
      fault.atMs > next.atMs &&
      fault.atMs <= startsMs,
  );
  return ends ? Infinity : startsMs;
}

function leaderAt({ history }: Watch, atMs: number) {
  return history.terms.findLast(term => term.atMs < atMs);
}

/** No pod takes over from the process, and it is not stopped. */
function leadsOn({ history, scenario }: Watch, process: string, fromMs: number, toMs: number): boolean {
  if (toMs > scenario.endsAtMs) return false;
  const isStopped = scenario.faults.some(
    fault =>
      'pod' in fault &&
      process.startsWith(`${fault.pod}-`) &&
      fault.atMs < toMs &&
      fault.atMs > fromMs - 1000,
  );
  return !isStopped && !history.terms.some(({ atMs }) => atMs >= fromMs && atMs <= toMs);
}

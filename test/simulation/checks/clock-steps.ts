/*
 * After the clock of Redis was set by minutes: a pod leads soon, every pod reports it, and every job starts again: one
 * that has run already when the clock passes its last tick, for no tick starts twice.
 */
import type { ScheduleEvent } from '../../../lib/core/events.js';
import { BESIDE_STEPS } from '../clock-world.js';
import { overAtMs } from '../history.js';
import type { JobPlan } from '../scenario.js';
import type { SimPod } from '../sim-pod.js';
import { EPOCH } from '../world/world.js';
import { dueIn } from './eras.js';
import type { Watch } from './watch.js';

const LED = 'a pod leads soon after the clock of Redis was set';
const AGAIN = 'a job starts again soon after the clock of Redis was set';
const REPORTED = 'that the clock of Redis was set is reported';

/** Interval of the checks for a leader, ms. */
const PROBE_MS = 500;
/** Messages, an election, a moment of each timer. */
const SLACK_MS = 3000;
/** An answer may be under way when the clock is set. */
const ON_THE_WAY_MS = 2000;

/** Steps and reports that the checks remember; instants in true time. */
export class StepLog {
  readonly reported: { readonly process: string; readonly atMs: number; readonly byMs: number }[] = [];
}

interface Step {
  readonly atMs: number;
  /** When the next one comes, or the end. */
  readonly untilMs: number;
  /** How far the clock of Redis is ahead from then on. */
  readonly aheadMs: number;
}

/** A pod has noticed it. */
export function onStepReported(watch: Watch, process: string, event: ScheduleEvent<'clock.stepped'>): void {
  const { steps, simulation } = watch;
  if (event.clock === 'redis')
    steps.reported.push({ process, atMs: simulation.world.nowMs, byMs: event.byMs });
}

/** Checks now and then, from now on, whether a pod leads. */
export function probeSteps(watch: Watch): void {
  if (!isJudged(watch)) return;
  const { history, simulation } = watch;
  const { world } = simulation;
  let ledAtMs = 0;
  const probe = (): void => {
    world.after(PROBE_MS, probe);
    const able = simulation.pods.filter(pod => pod.process.isRunning && !pod.isStopping);
    if (able.length === 0 || able.some(({ parts }) => parts.elector.isLeader())) ledAtMs = world.nowMs;
    const step = history.clockSteps.at(-1);
    if (step === undefined) return;
    history.judge(LED);
    const sinceMs = Math.max(ledAtMs, step.atMs, Math.min(...able.map(pod => pod.startedAtMs)));
    if (world.nowMs - sinceMs > boundMs(watch))
      history.violated(LED, `no pod has since ${Math.round(sinceMs)}`);
  };
  probe();
}

/** Judges, in the end, the consequences of each step. */
export function checkSteps(watch: Watch): void {
  if (!isJudged(watch)) return;
  for (const step of stepsOf(watch)) {
    for (const pod of watch.simulation.booted.values()) checkReported(watch, step, pod);
    for (const plan of watch.scenario.jobs) checkAgain(watch, step, plan);
  }
}

/** A lease that a dead leader left behind, from the next attempt on. */
function boundMs({ longest }: Watch): number {
  return longest.ttlMs + longest.intervalMs + SLACK_MS;
}

function isJudged({ scenario }: Watch): boolean {
  const { faults, hasResigningListener, pods } = scenario;
  const kinds = new Set(faults.map(({ kind }) => kind));
  const isAlone = [...kinds].every(kind => kind === 'redis-clock-step' || BESIDE_STEPS.includes(kind));
  // Where jobs differ, `preference` judges.
  const haveAll = pods.every(({ jobs }) => jobs === undefined);
  return kinds.has('redis-clock-step') && isAlone && haveAll && hasResigningListener !== true;
}

function stepsOf({ history, scenario }: Watch): Step[] {
  let aheadMs = 0;
  return history.clockSteps.map(({ atMs, byMs }, index) => {
    aheadMs += byMs;
    return { atMs, aheadMs, untilMs: history.clockSteps[index + 1]?.atMs ?? scenario.endsAtMs };
  });
}

function checkReported(watch: Watch, { atMs, untilMs }: Step, pod: SimPod): void {
  const { history, steps } = watch;
  const byMs = atMs + boundMs(watch);
  // Two steps soon after one another may look like one.
  if (pod.startedAtMs > atMs - SLACK_MS || !isThere(watch, pod, byMs) || byMs > untilMs) return;
  if (history.clockSteps.some(other => other.atMs < atMs && other.atMs > atMs - boundMs(watch))) return;
  history.judge(REPORTED);
  if (!steps.reported.some(event => event.process === pod.id && event.atMs >= atMs && event.atMs <= byMs))
    history.violated(REPORTED, `${pod.id} does not, of the step at ${atMs}`);
}

/** Its first tick that is due after all that has been decided, and after a take-over, is decided soon. */
function checkAgain(watch: Watch, step: Step, plan: JobPlan): void {
  const { history, simulation, writes, longest } = watch;
  const { name, cron, jitterMs = 0, overlap } = plan;
  if (/^\d{4}-|^@timeout/.test(cron)) return;
  const settledAt = EPOCH + step.atMs + step.aheadMs + boundMs(watch);
  const tick = dueIn(watch, plan).next(Math.max(settledAt, newestBefore(watch, step, plan)));
  const dueMs = (tick ?? Infinity) - EPOCH - step.aheadMs;
  const byMs = dueMs + boundMs(watch) + jitterMs;
  const standsBy = [...simulation.booted.values()].some(
    pod => pod.startedAtMs < dueMs - longest.intervalMs - SLACK_MS && isThere(watch, pod, byMs),
  );
  const calls = history.calls.filter(({ job }) => job === name);
  const isBusy =
    overlap !== 'allow' && calls.some(call => call.startedAtMs < dueMs && overAtMs(call) >= dueMs);
  if (tick === undefined || byMs > step.untilMs || !standsBy || isBusy || hasManyEnds(watch, dueMs, byMs))
    return history.leaveOut(AGAIN, 'it is busy, or pods end, or the clock is set again');
  history.judge(AGAIN);
  const isDecided =
    calls.some(call => !call.manual && call.tick >= tick && call.startedAtMs <= byMs) ||
    writes.decided.get(name)?.some(({ tick: other, atMs = 0 }) => other >= tick && atMs <= byMs) === true;
  if (!isDecided)
    history.violated(AGAIN, `${name} ${tick} is not decided by ${Math.round(byMs)}; set at ${step.atMs}`);
}

/** The newest tick that was decided before a step; the store does not know it of a job that was run manually. */
function newestBefore({ history, writes, opened }: Watch, { atMs }: Step, { name }: JobPlan): number {
  const untilMs = atMs + ON_THE_WAY_MS;
  const calls = history.calls.filter(({ job, startedAtMs }) => job === name && startedAtMs <= untilMs);
  const decided = writes.decided.get(name)?.filter(one => (one.atMs ?? 0) <= untilMs) ?? [];
  const mark = calls.some(({ manual }) => manual) ? (opened.get(name) ?? 0) : 0;
  return Math.max(mark, ...[...calls.filter(({ manual }) => !manual), ...decided].map(({ tick }) => tick));
}

/** It goes on until an instant. */
function isThere({ preference }: Watch, { id, process }: SimPod, untilMs: number): boolean {
  return Math.min(process.endedAtMs ?? Infinity, preference.stoppingFrom.get(id) ?? Infinity) > untilMs;
}

/** Each leader that ends leaves its lease behind. */
function hasManyEnds({ scenario, longest }: Watch, fromMs: number, untilMs: number): boolean {
  const ends = scenario.faults.filter(
    ({ kind, atMs }) =>
      (kind === 'crash' || kind === 'stop') && atMs > fromMs - longest.ttlMs && atMs < untilMs,
  );
  return ends.length > 1;
}

/*
 * Handlers that do not end: they are asked to stop at their timeout, given up after a grace, and hold up neither the
 * shutdown of their pod nor its other jobs.
 */
import { AttemptTimeoutError, ShutdownError } from '../../../lib/core/errors/errors.js';
import { electionTiming } from '../../../lib/core/election/timing.js';
import { endOfCall, type Call } from '../history.js';
import type { JobPlan } from '../scenario.js';
import type { SimPod } from '../sim-pod.js';
import type { Watch } from './watch.js';

const TIMEOUT = 'an attempt is asked to stop at its timeout';
const GIVEN_UP = 'a handler that ignores its signal is given up';
const ALONE = 'attempts of a run do not overlap';
const NOTIFIED = 'a shutdown notifies the runs that go on';
const IN_TIME = 'a shutdown ends in time';

/** Of the protocol: the time that a handler may go on after its signal has aborted. */
const GRACE_MS = 5000;
const SHUTDOWN_GRACE_MS = 1000;
/** So long a shutdown waits for that. */
const LAST_WAIT_MS = 5000;
/** Timers are late by a millisecond, and clocks of pods run faster or slower by up to this rate. */
const SLACK_MS = 50;
const DRIFT = 0.02;
/** The lease is released, and connections are closed. */
const CLOSING_MS = 1500;

/** Faults by which the timers of a pod fire late. */
const STANDSTILLS: ReadonlySet<string> = new Set(['pause', 'suspend', 'busy']);
/** Faults in spite of which Redis answers. */
const HARMLESS: ReadonlySet<string> = new Set([
  'abort',
  'run-now',
  'script-flush',
  'job-stop',
  'resign',
  'stop',
  'crash',
]);

/** A handler is called: no other attempt of its run goes on. */
export function assertOneAttempt({ history }: Pick<Watch, 'history'>, call: Call): void {
  const beside = history.calls.find(
    other => other !== call && other.runId === call.runId && other.endedAtMs === undefined,
  );
  if (beside !== undefined)
    history.violated(ALONE, `${call.job} ${call.tick}: attempt ${call.attempt} beside ${beside.attempt}`);
}

/** Judges the calls of a job whose time was over, or whose signal has aborted. */
export function checkGivenUp(watch: Watch, plan: JobPlan): void {
  const { history, scenario, simulation } = watch;
  const { timeoutMs = Infinity } = plan;
  const alive = new Set(simulation.pods.flatMap(({ id, isStopping }) => (isStopping ? [] : [id])));
  const still = scenario.faults.flatMap(fault =>
    'pod' in fault && STANDSTILLS.has(fault.kind) ? fault.pod : [],
  );
  for (const call of history.calls) {
    if (call.job !== plan.name) continue;
    assertNotEarly(watch, call, timeoutMs);
    const isSteady = alive.has(call.process) && !still.some(pod => call.process.startsWith(`${pod}-`));
    if (timeoutMs !== Infinity) {
      if (isSteady) assertTimeout(watch, call, timeoutMs);
      else history.leaveOut(TIMEOUT, 'its pod stood still, or is gone');
    }
    if (call.abortedAtMs === undefined) continue;
    if (isSteady) assertGivenUp(watch, call, call.abortedAtMs);
    else history.leaveOut(GIVEN_UP, 'its pod stood still, or is gone');
  }
}

/** No attempt ends before its time: not by its timeout, and not by being given up. */
function assertNotEarly({ history }: Watch, call: Call, timeoutMs: number): void {
  const { abortedAtMs, givenUpAtMs, startedAtMs, signal } = call;
  if (abortedAtMs === undefined) return;
  const isTimeout = signal.reason instanceof AttemptTimeoutError;
  const tookMs = abortedAtMs - startedAtMs;
  if (isTimeout && tookMs < timeoutMs * (1 - DRIFT) - SLACK_MS)
    history.violated(TIMEOUT, `${textOf(call)}: after ${Math.round(tookMs)} ms of ${timeoutMs}`);
  if (givenUpAtMs === undefined) return;
  const graceMs = givenUpAtMs - abortedAtMs;
  if (graceMs < graceOf(call) * (1 - DRIFT) - SLACK_MS)
    history.violated(GIVEN_UP, `${textOf(call)}: ${Math.round(graceMs)} ms after its signal`);
}

function assertTimeout({ history, scenario }: Watch, call: Call, timeoutMs: number): void {
  const byMs = call.startedAtMs + timeoutMs * (1 + DRIFT) + SLACK_MS;
  if (byMs > scenario.endsAtMs) return;
  history.judge(TIMEOUT);
  if (Math.min(call.endedAtMs ?? Infinity, call.abortedAtMs ?? Infinity) > byMs)
    history.violated(TIMEOUT, `${textOf(call)} goes on at ${Math.round(byMs)}`);
}

/** Its end is reported after the call that records it was answered, or got no answer in time; so was the one before. */
function assertGivenUp({ history, scenario, longest }: Watch, call: Call, abortedAtMs: number): void {
  const { commandTimeoutMs } = electionTiming(longest.intervalMs, longest.ttlMs);
  const byMs = abortedAtMs + graceOf(call) * (1 + DRIFT) + 2 * commandTimeoutMs + 10 * SLACK_MS;
  if (byMs > scenario.endsAtMs) return;
  history.judge(GIVEN_UP);
  if (endOfCall(call) > byMs)
    history.violated(
      GIVEN_UP,
      `${textOf(call)}, aborted at ${Math.round(abortedAtMs)}, not by ${Math.round(byMs)}`,
    );
}

function graceOf({ signal }: Call): number {
  return signal.reason instanceof ShutdownError ? SHUTDOWN_GRACE_MS : GRACE_MS;
}

/** A pod shuts down: where Redis answers, it has exited by then. */
export function onStop({ history, scenario, simulation }: Watch, pod: SimPod): void {
  const { faults, drainTimeoutMs } = scenario;
  const isJudged = faults.every(({ kind }) => HARMLESS.has(kind));
  if (!isJudged) return history.leaveOut(IN_TIME, 'Redis or the pod is disturbed');
  const { commandTimeoutMs } = pod.timing;
  const withinMs = (drainTimeoutMs + LAST_WAIT_MS) * (1 + DRIFT) + CLOSING_MS + 2 * commandTimeoutMs;
  history.judge(IN_TIME);
  simulation.world.after(withinMs, () => {
    // One that was killed meanwhile has not exited either, and has nothing more to say.
    if (pod.process.isAlive) history.violated(IN_TIME, `${pod.id} goes on after ${Math.round(withinMs)} ms`);
  });
}

/** It exits: every handler that is still at work was asked to stop. */
export function onExit({ history }: Watch, { id }: SimPod): void {
  history.judge(NOTIFIED);
  for (const call of history.calls)
    if (call.process === id && call.endedAtMs === undefined && !call.signal.aborted)
      history.violated(NOTIFIED, textOf(call));
}

function textOf({ job, tick, runId, attempt, process }: Call): string {
  return `${job} ${tick} ${runId} attempt ${attempt} on ${process}`;
}

/*
 * Runs that a user aborts: these end, and no others; each as aborted, once, and for good.
 */
import { RunAbortedError } from '../../../lib/core/errors/errors.js';
import type { Call } from '../history.js';
import { EPOCH } from '../world/world.js';
import { SETTLED_BEFORE_END_MS } from './decisions.js';
import type { Watch } from './watch.js';

const NOTIFIED = 'a run that is to be aborted is notified';
const ENDS = 'an aborted run ends as aborted, once';
const FINAL = 'an aborted run is not made again';
const OTHERS = 'only what was to be aborted is aborted';

/** A request that a run should end was written. */
export interface AbortRequest {
  readonly job: string;
  readonly runId: string;
  readonly atMs: number;
}

/** The ways there and back, and what is done between. */
const NOTIFIED_MS = 150;
/** A heartbeat and its answer. */
const BEAT_MS = 1500;
/** A handler that ignores its signal is given up after 5 s. */
const GRACE_MS = 5000;

/** Faults that keep no word from its pod. */
const HARMLESS: ReadonlySet<string> = new Set(['abort', 'run-now', 'script-flush']);

/** Judges the end of each run that was to be aborted. */
export function checkAborts(watch: Watch): void {
  const { history, writes, scenario } = watch;
  const asked = new Set(writes.aborts.map(({ runId }) => runId));
  for (const { job, runId, signal } of history.calls)
    if (isAborted(signal) && !asked.has(runId)) history.violated(OTHERS, `${job} ${runId}`);
  for (const request of writes.aborts) {
    if (history.losses.length > 0) {
      for (const rule of [FINAL, ENDS]) history.leaveOut(rule, 'Redis lost something');
      continue;
    }
    const calls = history.calls.filter(({ runId }) => runId === request.runId);
    const [first] = calls;
    if (first === undefined) continue;
    const isCalm = scenario.faults.every(({ kind }) => HARMLESS.has(kind));
    const notifiedByMs = isCalm ? notifiedBy(watch, request) : Infinity;
    if (isCalm) checkNotified(watch, request, calls, notifiedByMs);
    checkFinal(watch, request, { first, calls, notifiedByMs });
    checkEnd(watch, request, calls);
  }
}

function isAborted({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof RunAbortedError;
}

/** At once by a notification, otherwise with the next heartbeat; true time. */
function notifiedBy({ scenario, longest }: Watch, { atMs }: AbortRequest): number {
  const wayMs = Math.max(...scenario.pods.map(({ delayMs }) => delayMs));
  const waitMs = scenario.redis === 'no-pubsub' ? longest.intervalMs + BEAT_MS : 0;
  return atMs + waitMs + NOTIFIED_MS + 6 * wayMs;
}

function checkNotified(
  { history, scenario }: Watch,
  { job, runId, atMs }: AbortRequest,
  calls: readonly Call[],
  byMs: number,
): void {
  if (byMs > scenario.endsAtMs) return;
  history.judge(NOTIFIED);
  const isGoingOn = calls.some(
    ({ startedAtMs, endedAtMs = Infinity, abortedAtMs = Infinity }) =>
      startedAtMs <= atMs && endedAtMs > byMs && abortedAtMs > byMs,
  );
  if (isGoingOn) history.violated(NOTIFIED, `${job} ${runId}, by ${Math.round(byMs)}`);
}

/** A run that is to be aborted: its attempts, and by when its pod knows for sure. */
export interface ToAbort {
  readonly first: Call;
  readonly calls: readonly Call[];
  readonly notifiedByMs: number;
}

/** The run, or its tick, does not run once more: not by another attempt, and not on another pod. */
export function checkFinal(
  { history }: Pick<Watch, 'history'>,
  { job, runId, atMs }: AbortRequest,
  { first, calls, notifiedByMs }: ToAbort,
): void {
  history.judge(FINAL);
  // The signal of an attempt that has timed out says nothing of the request, neither before nor afterwards.
  const notified = calls.filter(({ signal }) => isAborted(signal));
  const notifiedAtMs = Math.min(notifiedByMs, ...notified.map(({ abortedAtMs = Infinity }) => abortedAtMs));
  const again = history.calls.find(call =>
    call.runId === runId
      ? call.startedAtMs > notifiedAtMs
      : call.job === job &&
        call.tick === first.tick &&
        call.manual === first.manual &&
        call.request === first.request &&
        call.startedAtMs > atMs,
  );
  if (again !== undefined)
    history.violated(
      FINAL,
      `${job} ${first.tick}: ${again.runId} starts on ${again.process}, attempt ${again.attempt}`,
    );
}

/** By one event of its pod; of a handler that has obeyed its signal, as aborted. */
function checkEnd(
  { history, scenario, simulation }: Watch,
  { job, runId }: AbortRequest,
  calls: readonly Call[],
): void {
  const last = calls.at(-1);
  const isAlive = simulation.pods.some(({ id, isStopping }) => id === last?.process && !isStopping);
  const latestMs = scenario.endsAtMs - SETTLED_BEFORE_END_MS + GRACE_MS;
  if (last?.abortedAtMs === undefined || last.abortedAtMs > latestMs || !isAlive)
    return history.leaveOut(ENDS, 'its pod is gone, or it ended before');
  history.judge(ENDS);
  const ends = history.reported.filter(
    event => event.runId === runId && (event.type === 'job.succeeded' || event.type === 'job.failed'),
  );
  const obeys = scenario.jobs.find(({ name }) => name === job)?.obeysAbort === true;
  const { endedAtMs = Infinity, abortedAtMs } = last;
  const isAbortedFirst = isAborted(last.signal) && obeys && abortedAtMs <= endedAtMs;
  const isRight = ends.length === 1 && (!isAbortedFirst || ends[0]?.reason === 'aborted');
  if (isRight) return;
  const seen = ends.map(({ type, reason = '' }) => `${type} ${reason}`).join(' and ');
  history.violated(
    ENDS,
    `${job} ${runId} on ${last.process}, aborted at ${EPOCH + abortedAtMs}: ${seen || 'no end'}`,
  );
}

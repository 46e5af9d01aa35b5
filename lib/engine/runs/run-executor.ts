/*
 * A run, from its claim to its record: keep the lock, call the handler (again, as the policy says), record how it
 * ended, release the lock. Nothing that a handler does or throws goes any further.
 */
import { elapsedMs } from '../../core/election/instant.js';
import { completed } from '../../core/job/handler-result.js';
import type { Job, JobContext, JobLogger } from '../../core/job/job.js';
import { retryDelayMs } from '../../core/job/retry-backoff.js';
import { isStartHandle } from '../../core/run/start-handle.js';
import type { Run } from '../../core/run/run.js';
import type { Clock } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import type { FinishAnswer, FinishRequest, RunStore } from '../../ports/run-store.js';
import { aborted, settlesWithin, sleep } from '../../ports/time.js';
import { BatchedCall } from '../batched-call.js';
import type { StoreClock } from '../election/store-clock.js';
import type { EngineErrors } from '../engine-errors.js';
import type { StoreCall } from '../store-call.js';
import type { EventBus } from '../event-bus.js';
import { sleepBeforeRetry } from '../retry.js';
import type { EndedEvent } from '../ticks/job-event.js';
import type { Granted, Tick } from '../ticks/tick.js';
import { graceMs, resultOfAborted, resultOfFailed, type AttemptResult } from './attempt-result.js';
import type { AroundCall } from './checked-around.js';
import { Counter } from './counter.js';
import { abortedError, shutdownError, timeoutError } from './run-errors.js';
import { endOf, factsOf, type Ended, type Made, type RunEvent } from './run-end.js';
import type { LockHeartbeat } from './lock-heartbeat.js';

/** The end of a run is recorded in whatever term. */
const NO_TERM = 0;
/** While the application closes, a store that does not answer is not waited for longer than this. */
const TRIES_WHEN_CLOSING = 3;
/** How long a shutdown waits for handlers to notice that their signals have aborted, and for their records. */
const LAST_WAIT_MS = 5000;

export interface RunExecutorDeps {
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly loggerOf: (job: string) => JobLogger;
  readonly around: AroundCall;
  readonly runs: RunStore;
  readonly heartbeat: LockHeartbeat;
  readonly storeCall: StoreCall;
  readonly entropy: Entropy;
  readonly events: EventBus;
  readonly errors: EngineErrors;
  /** Called directly with what becomes of a run, before the public bus is informed; must not throw. */
  readonly onRun: (event: RunEvent) => void;
}

/** The job of a tick, which learns of the end of its run. */
interface RunOwner {
  post(event: EndedEvent): void;
}

export class RunExecutor {
  /** Jobs whose handlers are at work in this process. */
  readonly atWork = new Counter();
  /** Jobs whose handlers have ended and that is not recorded yet: the store still holds their run locks. */
  readonly inRecord = new Counter();
  private readonly loggers = new WeakMap<Job, JobLogger>();
  private readonly lives = new Map<Run, AbortController>();
  private readonly onSettled: (() => void)[] = [];
  /** Runs whose ends the store cannot record because of what it holds of their jobs, as it said when last asked. */
  private readonly refused = new Set<Run>();
  /** The ends of all runs that end at one moment are recorded in one call. */
  private readonly ends: BatchedCall<FinishRequest, FinishAnswer>;
  private isClosing = false;

  constructor(private readonly deps: RunExecutorDeps) {
    this.ends = new BatchedCall({ ...deps, send: deps.runs.finish.bind(deps.runs) });
  }

  /**
   * The life of a run whose tick was claimed: lock → attempts → outcome → record → release. When it has ended and that is
   * recorded, it is posted to the owner of the tick. Rejects only by a bug.
   */
  async execute({ run, askedAt }: Granted, tick: Tick, owner: RunOwner): Promise<void> {
    const { clock, storeClock, heartbeat, onRun, events } = this.deps;
    const { name } = run.job;
    const life = new AbortController();
    this.lives.set(run, life);
    this.atWork.add(name, 1);
    try {
      heartbeat.keep(run, askedAt, life);
      const began = clock.now();
      const startedAt = storeClock.nowMs;
      const lagMs = Math.max(0, startedAt - run.ref.tick);
      const started: RunEvent = { type: 'job.started', ...factsOf(run, run.attempt), lagMs };
      onRun(started);
      events.emit(started);
      const made = await this.attempts(run, life.signal);
      const durationMs = Math.round(elapsedMs(began, clock.now()));
      const ended: Ended = { result: made.result, attempt: made.attempt, startedAt, durationMs };
      this.atWork.add(name, -1);
      this.inRecord.add(name, 1);
      await this.record(run, ended);
      this.inRecord.add(name, -1);
      heartbeat.forget(run.ref.runId);
    } finally {
      this.lives.delete(run);
      this.refused.delete(run);
      if (this.lives.size === 0) for (const resolve of this.onSettled.splice(0)) resolve();
    }
    owner.post({ kind: 'ended', tick });
  }

  private async attempts(run: Run, life: AbortSignal): Promise<Made> {
    const { clock, entropy, heartbeat, onRun, events } = this.deps;
    const policy = run.job.policy.retry;
    for (let attempt = run.attempt; ; attempt += 1) {
      const result = await this.attempt(run, attempt, life);
      const made = attempt - run.attempt + 1;
      const isLast = result.outcome === 'succeeded' || result.isFinal || made >= policy.attempts;
      if (isLast || life.aborted) return { result, attempt };
      const delayMs = retryDelayMs(policy, made, entropy.uniform(0, 1));
      const retrying: RunEvent = {
        type: 'job.retrying',
        ...factsOf(run, attempt),
        delayMs,
        error: result.error,
      };
      onRun(retrying);
      events.emit(retrying);
      const goesOn = (await sleep(clock, delayMs, life)) && heartbeat.isKept(run.ref.runId);
      if (!goesOn) return { result: { outcome: 'aborted', error: life.reason, isFinal: true }, attempt };
    }
  }

  /**
   * Calls the handler of a run once and waits for it: until it settles, or for a short grace after its signal has aborted.
   * Never rejects.
   *
   * @param life aborts when the whole run should end
   */
  private async attempt(run: Run, attempt: number, life: AbortSignal): Promise<AttemptResult> {
    const { clock } = this.deps;
    const { timeoutMs } = run.job.policy;
    const controller = new AbortController();
    const { signal } = controller;
    const onLifeEnd = (): void => controller.abort(life.reason);
    const timeout = clock.timer(timeoutMs, () => controller.abort(timeoutError(timeoutMs)));
    life.addEventListener('abort', onLifeEnd, { once: true });
    if (life.aborted) onLifeEnd();
    const ended = this.callHandler(run, attempt, signal);
    await Promise.race([ended, aborted(signal)]);
    const isSettled = !signal.aborted || (await settlesWithin(clock, graceMs(signal), ended));
    timeout.cancel();
    life.removeEventListener('abort', onLifeEnd);
    if (!signal.aborted) return await ended;
    return resultOfAborted(isSettled ? await ended : undefined, signal.reason);
  }

  private async callHandler(run: Run, attempt: number, signal: AbortSignal): Promise<AttemptResult> {
    try {
      const context = this.contextOf(run, attempt, signal);
      // Within the surrounding call, because an Observable does its work only when it is subscribed to.
      await this.deps.around(context, async () => {
        const result = await run.job.handler(context);
        if (result !== undefined) await completed(result, signal);
      });
      return { outcome: 'succeeded' };
    } catch (error) {
      return resultOfFailed(error);
    }
  }

  private contextOf(run: Run, attempt: number, signal: AbortSignal): JobContext {
    const { job, ref, token, catchUp, recovering } = run;
    const logger = this.loggers.get(job) ?? this.deps.loggerOf(job.name);
    this.loggers.set(job, logger);
    const { tick, runId, manual, handle = runId } = ref;
    const beside = manual ? `:manual:${handle}` : '';
    return {
      job: job.name,
      tick: new Date(tick),
      /* oxlint-disable-next-line typescript/no-deprecated -- the name of 0.4 */ // until 1.0
      scheduledAt: new Date(tick), // until 1.0
      startedAt: new Date(this.deps.storeClock.nowMs),
      runId,
      attempt,
      token,
      catchUp,
      recovering,
      atStart: manual && isStartHandle(handle),
      signal,
      idempotencyKey: `${job.name}:${new Date(tick).toISOString()}${beside}`,
      logger,
    };
  }

  /**
   * Records the end, as often as it takes: until then the run lock is kept, and no pod takes the run for lost. Listeners
   * are informed of it after the first answer, or when there was none in time, so that they find it in the history.
   */
  private async record(run: Run, ended: Ended): Promise<void> {
    const { event, request } = endOf(run, ended);
    this.deps.onRun(event);
    let isReported = false;
    for (let tries = 1; ; tries += 1) {
      const { answer } = await this.ends.call(request, NO_TERM);
      if (tries === 1) this.deps.events.emit(event);
      if (answer === 'finished') return;
      if (answer === 'stale') return this.stale(run, ended);
      isReported = this.noteRefusal(run, answer, isReported);
      if (this.isClosing && tries >= TRIES_WHEN_CLOSING) return;
      await sleepBeforeRetry(this.deps);
    }
  }

  private stale(run: Run, { result, attempt }: Ended): void {
    this.deps.events.emit({ type: 'job.stale', ...factsOf(run, attempt), outcome: result.outcome });
  }

  /** Reports once that the store refuses the record. Until it takes it, the run lock is kept, and the job waits. */
  private noteRefusal(run: Run, answer: 'failed' | 'invalid' | undefined, isReported: boolean): boolean {
    if (answer === 'invalid') this.refused.add(run);
    else this.refused.delete(run);
    const isRefused = answer === 'invalid' || answer === 'failed';
    if (isRefused && !isReported) {
      const message = 'the end of its run cannot be recorded; it is tried again until it can';
      const { job, ref } = run;
      this.deps.events.emit({ type: 'job.blocked', job: job.name, tick: new Date(ref.tick), message });
    }
    return isReported || isRefused;
  }

  /** Whether the end of a run of this job is not recorded because of what the store holds of the job. */
  isRefused(job: string): boolean {
    return [...this.refused].some(run => run.job.name === job);
  }

  /** Asks a run to end, if it goes on in this process. */
  abort(runId: string): void {
    for (const [run, life] of this.lives) if (run.ref.runId === runId) life.abort(abortedError());
  }

  /** The runs that go on in this process. */
  get running(): readonly Run[] {
    return [...this.lives.keys()];
  }

  /**
   * Waits until no run goes on. After `timeoutMs` the signals of those that still do are aborted, and they have a
   * moment to react. Resolves to those.
   */
  async drain(timeoutMs: number): Promise<readonly Run[]> {
    const { clock } = this.deps;
    this.isClosing = true;
    await settlesWithin(clock, timeoutMs, this.settled());
    const late = this.running;
    for (const life of this.lives.values()) life.abort(shutdownError());
    await settlesWithin(clock, LAST_WAIT_MS, this.settled());
    return late;
  }

  private settled(): Promise<void> {
    return new Promise(resolve => {
      if (this.lives.size === 0) resolve();
      else this.onSettled.push(resolve);
    });
  }
}

import type { TestingModuleBuilder } from '@nestjs/testing';

import type { Duration } from '../core/options/duration.js';
import { InvalidOptionsError, NotStartedError, UnknownJobError } from '../core/errors/errors.js';
import { addFormerFacts, type ScheduleEvent } from '../deprecated.js'; // until 1.0: import type { ScheduleEvent } from '../core/events.js';
import type { JobRun } from '../core/run/job-run.js';
import type { Job, JobHandler } from '../core/job/job.js';
import { CompositionRoot, type Assembled } from '../nest/composition-root.js';
import { ContestedLease } from './contested-lease.js';
import { HandlerWatch } from './handler-watch.js';
import { readDuration, readMoment, type Moment } from './read-time.js';
import { RunLog } from './run-log.js';
import { TestEntropy } from './test-entropy.js';
import { TestRuntime } from './test-runtime.js';
import { TickRunner, type RunTickOptions } from './tick-runner.js';
import { VirtualClock } from './virtual-clock.js';

/** A candidate that resigned stays away for one ttl, and a little. */
const SPARE_MS = 100;

/** How a test begins. */
export interface ScheduleTestingOptions {
  /** When virtual time begins. @default '2030-01-01T00:00:00Z' */
  readonly now?: Moment;
  /** Whether the application leads as soon as it has initialized; if not, another pod does. @default true */
  readonly leader?: boolean;
  /**
   * How long, in real time, virtual time waits for a handler that is at work on something real, at each of its calls;
   * after that it goes on without it. @default '1s'
   */
  readonly patience?: Duration;
}

/**
 * Runs the jobs of an application under test without Redis and without waiting: the scheduler is the real one, time
 * is virtual, and what is kept stays in memory, whatever the application's options say.
 *
 * Works in any test framework. One application at a time; one that is attached after the last one was closed finds
 * its past, as after a deployment.
 *
 * @example
 * ```ts
 * const testing = new ScheduleTesting({ now: '2030-01-01T02:59:00Z' });
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * const app = await testing.attach(builder).compile();
 * await app.init();
 *
 * await testing.advance('1m');
 * expect(testing.runsOf('Reports.daily')).toMatchObject([{ outcome: 'succeeded' }]);
 * ```
 */
export class ScheduleTesting {
  /** Virtual time. */
  readonly clock: VirtualClock;

  private readonly watch: HandlerWatch;
  private readonly lease: ContestedLease;
  private readonly log: RunLog;
  private readonly runner: TickRunner;
  private readonly entropy = new TestEntropy();
  private readonly emitted: ScheduleEvent[] = [];
  private readonly ready: Promise<void>;
  private runtime: TestRuntime | undefined;
  private pods = 0;

  /** Throws `InvalidOptionsError` for a moment or a duration that is none. */
  constructor({ now = '2030-01-01T00:00:00Z', leader = true, patience = '1s' }: ScheduleTestingOptions = {}) {
    this.watch = new HandlerWatch(readDuration(patience, 'The patience of a test'));
    this.clock = new VirtualClock(readMoment(now, 'The beginning of a test'), this.watch.waitBeside);
    this.lease = new ContestedLease(this.clock);
    this.log = new RunLog(this.clock);
    this.runner = new TickRunner(this.log);
    this.ready = leader ? Promise.resolve() : this.lease.takeAway();
  }

  /**
   * Puts the scheduler of the application to be built into this world; returns the builder, to go on with.
   * Throws `InvalidOptionsError` while another application that was attached has not been closed.
   */
  attach(builder: TestingModuleBuilder): TestingModuleBuilder {
    if (this.runtime?.parts !== undefined && !this.runtime.isClosed) throw notClosed();
    this.pods += 1;
    const runtime = this.newRuntime(`pod-${this.pods}`);
    runtime.events.subscribe(event => {
      addFormerFacts(event); // until 1.0
      this.emitted.push(event);
    });
    this.runtime = runtime;
    return builder.overrideProvider(CompositionRoot).useValue(runtime);
  }

  /** The virtual present. */
  get now(): Date {
    return new Date(this.clock.now().wallMs);
  }

  /**
   * Advances virtual time: all that falls due happens, in its order, and time stands still while handlers are at work.
   * Resolves at the end of that time, when the handlers that were called have ended, wait for more time, or were at
   * work for longer than the patience.
   *
   * @throws InvalidOptionsError for an invalid duration
   *
   * @example
   * ```ts
   * await testing.advance('24h');
   * ```
   */
  async advance(duration: Duration): Promise<void> {
    const ms = readDuration(duration, 'The time to advance by', Number.MAX_SAFE_INTEGER);
    await this.clock.advance(ms);
  }

  /** As `advance`, up to a moment. Throws `InvalidOptionsError` for one that has passed. */
  async advanceTo(moment: Moment): Promise<void> {
    const what = 'The time to advance to';
    const leftMs = readMoment(moment, what) - this.clock.now().wallMs;
    if (leftMs < 0) throw hasPassed(what, moment);
    await this.advance(leftMs);
  }

  /**
   * Waits for virtual time to pass: for handlers of a test that take some time. `Infinity` never ends. Rejects with the
   * signal's reason when that aborts first.
   */
  async sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    const ms = readDuration(duration, 'The time to sleep');
    await this.watch.aside(() => this.clock.sleep(ms, signal));
  }

  /**
   * Runs one tick of a job now, beside its schedule, and resolves to its record. The handler takes it for a tick of
   * this moment, by default the present one. Time goes on as far as the run needs it: for its retries, its timeout, a
   * `sleep`. A run that has not ended an hour later resolves to one that is `running`.
   *
   * On a pod that does not lead it resolves to a run that was skipped, with reason `not-leader`; the history has
   * no record of it. The recorded run counts as manual, and does not move the watermark.
   *
   * @throws UnknownJobError when the application has no such job
   * @throws NotStartedError unless an attached application runs
   * @throws InvalidOptionsError for an invalid moment
   *
   * @example
   * ```ts
   * const run = await testing.runTick('Reports.daily', '2030-01-01T03:00:00Z');
   * expect(run.outcome).toBe('succeeded');
   * ```
   */
  async runTick(job: string, tick: Moment = this.now, options: RunTickOptions = {}): Promise<JobRun> {
    const { runtime, parts } = this.running;
    const order = { ...options, runtime, parts, job: this.known(job), tick: readMoment(tick, 'The tick') };
    return this.runner.run(order);
  }

  /**
   * Another pod leads from now on, and runs nothing: ticks are missed, as when a leader hangs. Handlers that are at
   * work go on, and keep their run locks.
   */
  async loseLeadership(): Promise<void> {
    // Work that has begun settles first: the watermark of a new job is read when its application has initialized.
    await this.advance(0);
    await this.lease.takeAway();
    await this.advance(0);
  }

  /**
   * The other pod is gone: the application leads, with a new and higher token, and catches up missed ticks by the
   * policies of its jobs. After `LeaderService.resign()` time goes on by one ttl, while the application stays away.
   */
  async becomeLeader(): Promise<void> {
    await this.lease.giveBack();
    await this.advance(0);
    await this.restOut();
  }

  /** Every tick that has ended or was decided not to run, in the order of that; with those that the history dropped. */
  get runs(): readonly JobRun[] {
    return this.log.runs;
  }

  /** Those of one job. Throws `UnknownJobError` when the application has no such job, and `NotStartedError`. */
  runsOf(job: string): readonly JobRun[] {
    const runs = this.runs.filter(run => run.job === job);
    if (runs.length === 0) this.known(job);
    return runs;
  }

  /** All events of the scheduler, in order. */
  get events(): readonly ScheduleEvent[] {
    return [...this.emitted];
  }

  private newRuntime(podId: string): TestRuntime {
    const { clock, entropy, lease, log, ready, watch, runner } = this;
    const wrap = (handler: JobHandler): JobHandler => watch.watched(runner.wrap(handler));
    return new TestRuntime(podId, { clock, entropy, lease, log, ready, wrap });
  }

  private async restOut(): Promise<void> {
    const { parts, options } = this.runtime ?? {};
    if (parts === undefined || options === undefined) return;
    const restMs = options.timing.ttlMs + SPARE_MS;
    await this.clock.advanceUntil(() => parts.elector.isLeader(), restMs);
    await this.clock.advance(0);
  }

  private known(name: string): Job {
    const { jobs } = this.running.runtime;
    const job = jobs.find(name);
    if (job !== undefined) return job;
    throw new UnknownJobError({
      problem: 'There is no job of this name',
      received: name,
      remedy: `There are ${jobs.jobs.map(one => one.name).join(', ') || 'no jobs at all'}`,
    });
  }

  private get running(): { readonly runtime: TestRuntime; readonly parts: Assembled } {
    const { runtime } = this;
    if (runtime?.parts !== undefined && !runtime.isClosed) return { runtime, parts: runtime.parts };
    throw new NotStartedError({
      problem: 'No application that was attached runs',
      remedy:
        'Attach the builder of a testing module that imports ScheduleModule, and call init() on what it compiles to',
    });
  }
}

function hasPassed(what: string, received: Moment): InvalidOptionsError {
  const remedy = 'Time moves forward only: give a moment to come';
  return new InvalidOptionsError({ problem: `${what} has passed`, received, remedy });
}

function notClosed(): InvalidOptionsError {
  return new InvalidOptionsError({
    problem: 'An application that was attached has not been closed',
    remedy: 'Close it first, or make another ScheduleTesting',
  });
}

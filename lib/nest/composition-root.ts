import { setMaxListeners } from 'node:events';

import { Injectable } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';

import { RegistryTicker } from '../adapters/registry/registry-ticker.js';
import { captureContext } from '../adapters/system/capture-context.js';
import { SystemClock } from '../adapters/system/system-clock.js';
import { SystemEntropy } from '../adapters/system/system-entropy.js';
import { ShutdownError } from '../core/errors/errors.js';
import { printAs } from '../core/errors/print-as.js';
import { oneLine } from '../core/errors/sanitize.js';
import type { JobDefaults } from '../core/job/create-job.js';
import type { AroundAttempt, Job } from '../core/job/job.js';
import type { ResolvedOptions } from '../core/options/options.js';
import { SOLE_LEADER, type ElectionTiming } from '../core/election/timing.js';
import { assembleEngine, type AssembledEngine } from '../engine/assemble-engine.js';
import type { EngineWorld } from '../engine/engine-world.js';
import { CLOCK_CHECK_MS } from '../engine/election/clock-watch.js';
import { EngineErrors } from '../engine/engine-errors.js';
import { checkedAround } from '../engine/runs/checked-around.js';
import type { AroundCall } from '../engine/runs/checked-around.js';
import { EventBus } from '../engine/event-bus.js';
import { JobRegistry } from '../engine/control/job-registry.js';
import { StoreClock } from '../engine/election/store-clock.js';
import { callInJob } from '../job-context.js';
import type { Clock } from '../ports/clock.js';
import type { InContext } from '../ports/context.js';
import type { Entropy } from '../ports/entropy.js';
import type { Stores } from '../ports/stores.js';
import type { Ticker } from '../ports/ticker.js';
import { OWN_CONTEXT, ScheduleLog } from './schedule-log.js';
import { OutsideFailures } from '../observe/outside-failures.js';
import { traceRuns, type RunTracing } from '../observe/run-tracing.js';
import { createPodId } from './create-pod-id.js';
import { createStores } from './create-stores.js';

/**
 * The parts of one scheduler, put together. Parts without options exist from the beginning; the rest follows
 * when the application initializes and every source of options, ConfigService among them, is ready.
 */
@Injectable()
export class CompositionRoot {
  /** The context in which the application makes the scheduler. */
  readonly inContext: InContext = captureContext();
  readonly clock: Clock = new SystemClock(this.inContext);
  readonly entropy: Entropy = new SystemEntropy();
  readonly events = new EventBus(error => this.listenerFailed(error), this.inContext);
  readonly jobs = new JobRegistry();
  /** Identity of this process among the candidates: new at every boot. */
  readonly podId = createPodId(this.entropy);

  /** The options of the application, once it has initialized. */
  options: ResolvedOptions | undefined;
  /** The defaults of jobs, once the application has initialized. */
  jobDefaults: JobDefaults | undefined;
  /** Jobs that were made before that. */
  readonly drafts: ((defaults: JobDefaults) => Job)[] = [];
  private readonly closing = abortController();
  private readonly logger = new ScheduleLog(OWN_CONTEXT);
  private readonly failures = new OutsideFailures(this.clock, (message, stack) =>
    this.logger.error(message, stack),
  );
  private assembled: Assembled | undefined;
  private storeClock: StoreClock | undefined;

  constructor() {
    printAs(this, () => ({
      podId: this.podId,
      mode: this.options?.mode,
      leaderKey: this.options?.leaderKey,
    }));
  }

  /** Puts the rest together. Throws `MissingPeerError` when the mode needs a package that is not installed. */
  async assemble(options: ResolvedOptions, ticker: Ticker): Promise<Assembled> {
    this.options = options;
    // In RAM mode the store uses the wall clock of this process.
    const storeClock = new StoreClock(this.clock, options.mode === 'ram');
    this.storeClock = storeClock;
    const errors = new EngineErrors(this);
    const stores = await this.storesOf(options, errors);
    const tracing = await traceRuns(error => this.failures.note('The tracer', error));
    const world = { ...this.worldOf(options, stores, tracing), ticker, storeClock, errors };
    this.assembled = { ...assembleEngine(world), stores };
    return this.assembled;
  }

  private worldOf(options: ResolvedOptions, stores: Stores, tracing: RunTracing): OwnWorld {
    const { clock, entropy, events, jobs, podId, inContext, clockCheckMs } = this;
    const around = surrounding(tracing, options.around);
    return {
      podId,
      jobs,
      clock,
      clockCheckMs,
      entropy,
      events,
      inContext,
      pod: { app: options.appName, version: options.appVersion, pod: podId },
      timing: this.timingOf(options),
      restMs: options.timing.ttlMs,
      fastTakeover: options.fastTakeover,
      leaseStore: stores.lease,
      runStore: stores.runs,
      controlStore: stores.control,
      clusterStore: stores.cluster,
      candidateStore: stores.candidates,
      loggerOf: job => new ScheduleLog(oneLine(job, 200)),
      around: (context, call) => inContext(() => callInJob(context, () => around(context, call))),
      onRun: event => tracing.onRun(event),
    };
  }

  /** Logs what a listener of events threw; it goes no further. */
  listenerFailed(error: unknown): void {
    this.failures.note('A listener of schedule events', error);
  }

  /** Aborts when the application closes: all waits end. */
  get closed(): AbortSignal {
    return this.closing.signal;
  }

  /** Resolves when a shutdown may begin. In tests, what was set in motion settles first. */
  mayStop(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends all waiting, with `ShutdownError`. */
  endWaiting(): void {
    this.closing.abort(
      new ShutdownError({
        problem: 'The application shuts down, so that this pod waits no longer',
        remedy: 'Ask again on a pod that runs',
      }),
    );
  }

  /** The result of `assemble`; `undefined` until then. */
  get parts(): Assembled | undefined {
    return this.assembled;
  }

  /** The ticker that wakes the jobs: CronJobs in the registry. */
  tickerOf(registry: SchedulerRegistry): Ticker {
    return new RegistryTicker(registry, this.clock, this.inContext, () => this.dueTimeMs);
  }

  protected storesOf(options: ResolvedOptions, errors: EngineErrors): Promise<Stores> {
    const { podId, clock, events } = this;
    return createStores(options, {
      podId,
      clock,
      onInvalid: found => events.emit({ type: 'store.invalid', ...found }),
      onBug: error => errors.report(error),
      onNoPresence: reason => events.emit({ type: 'leader.slow-takeover', reason }),
    });
  }

  /** How often the wall clock is compared with the monotonic one. */
  protected get clockCheckMs(): number {
    return CLOCK_CHECK_MS;
  }

  /** The time by which ticks are due: that of the store, as far as it is known. Unix ms. */
  get dueTimeMs(): number {
    return this.storeClock?.nowMs ?? Math.floor(this.clock.now().wallMs);
  }

  protected timingOf({ mode, timing }: ResolvedOptions): ElectionTiming {
    return mode === 'redis' ? timing : SOLE_LEADER;
  }
}

/** Surrounds each call of a handler with the span of the run and, within it, with the function of the application. */
function surrounding(tracing: RunTracing, around: AroundAttempt | undefined): AroundCall {
  if (around === undefined) return tracing.around;
  const checked = checkedAround(around);
  return (context, call) => tracing.around(context, () => checked(context, call));
}

type OwnWorld = Omit<EngineWorld, 'ticker' | 'storeClock' | 'errors'>;

export interface Assembled extends AssembledEngine {
  readonly stores: Stores;
}

/** Each call that waits adds a listener to the signal; their number has no limit. */
function abortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

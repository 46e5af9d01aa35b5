import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';

import { Injectable } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';

import { createRamStores } from '../adapters/ram/create-ram-stores.js';
import type { RedisStoresOptions } from '../adapters/redis/create-redis-stores.js';
import { RegistryTicker } from '../adapters/registry/registry-ticker.js';
import { captureContext } from '../adapters/system/capture-context.js';
import { SystemClock } from '../adapters/system/system-clock.js';
import { SystemEntropy } from '../adapters/system/system-entropy.js';
import { ShutdownError } from '../core/errors/errors.js';
import { peerError } from '../core/errors/missing-peer.js';
import { printAs } from '../core/errors/print-as.js';
import { oneLine } from '../core/errors/sanitize.js';
import type { JobDefaults } from '../core/job/create-job.js';
import type { Job } from '../core/job/job.js';
import type { ResolvedOptions } from '../core/options/options.js';
import type { ElectionTiming } from '../core/election/timing.js';
import { assembleEngine, type AssembledEngine } from '../engine/assemble-engine.js';
import { CLOCK_LOOK_MS } from '../engine/election/clock-watch.js';
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
import { traceRuns } from '../observe/run-tracing.js';

/** In RAM mode nobody else can want the lease: it never ends and is never renewed. */
export const SOLE_LEADER: ElectionTiming = {
  intervalMs: Infinity,
  ttlMs: Infinity,
  marginMs: 0,
  commandTimeoutMs: 1000,
};

/**
 * The parts of one scheduler, put together. What needs no options exists from the beginning; the rest follows
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
  readonly candidateId = candidateId(this.entropy);

  /** What the application's options say, once it has initialized. */
  options: ResolvedOptions | undefined;
  /** What jobs go by, once the application has initialized. */
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
      candidateId: this.candidateId,
      mode: this.options?.mode,
      leaderKey: this.options?.leaderKey,
    }));
  }

  /** Puts the rest together. Throws `MissingPeerError` when the mode needs a package that is not installed. */
  async assemble(options: ResolvedOptions, ticker: Ticker): Promise<Assembled> {
    const { clock, entropy, events, jobs, candidateId } = this;
    this.options = options;
    // In RAM mode the store goes by the wall clock of this process.
    const storeClock = new StoreClock(clock, options.mode === 'ram');
    this.storeClock = storeClock;
    const stores = await this.storesOf(options);
    const tracing = await traceRuns(error => this.failures.note('The tracer', error));
    const engine = assembleEngine({
      candidateId,
      pod: { app: options.appName, version: options.appVersion, pod: candidateId },
      timing: this.timingOf(options),
      restMs: options.timing.ttlMs,
      fastTakeover: options.fastTakeover,
      leaseStore: stores.lease,
      runStore: stores.runs,
      controlStore: stores.control,
      clusterStore: stores.cluster,
      candidateStore: stores.candidates,
      ticker,
      jobs,
      clock,
      storeClock,
      clockLookMs: this.clockLookMs,
      entropy,
      events,
      inContext: this.inContext,
      loggerOf: job => new ScheduleLog(oneLine(job, 200)),
      around: (context, call) =>
        this.inContext(() => callInJob(context, () => tracing.around(context, call))),
      onRun: event => tracing.onRun(event),
    });
    this.assembled = { ...engine, stores };
    return this.assembled;
  }

  /** Logs what a listener of events threw; it goes no further. */
  listenerFailed(error: unknown): void {
    this.failures.note('A listener of schedule events', error);
  }

  /** Aborts when the application closes: nobody waits for anything any more. */
  get closed(): AbortSignal {
    return this.closing.signal;
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

  /** What `assemble` made; `undefined` until then. */
  get parts(): Assembled | undefined {
    return this.assembled;
  }

  /** What wakes the jobs: CronJobs in the registry. */
  tickerOf(registry: SchedulerRegistry): Ticker {
    return new RegistryTicker(registry, this.clock, this.inContext, () => this.dueTimeMs);
  }

  protected async storesOf(options: ResolvedOptions): Promise<Stores> {
    const { candidateId, clock } = this;
    return options.mode === 'redis'
      ? redisStores(options, candidateId, clock, {
          onInvalid: found => this.events.emit({ type: 'store.invalid', ...found }),
          onNoPresence: reason => this.events.emit({ type: 'leader.slow-takeover', reason }),
        })
      : ramStores(clock, candidateId, options.appVersion);
  }

  /** How often the wall clock is compared with the monotonic one. */
  protected get clockLookMs(): number {
    return CLOCK_LOOK_MS;
  }

  /** The time by which ticks are due: that of the store, as far as it is known. Unix ms. */
  get dueTimeMs(): number {
    return this.storeClock?.nowMs ?? Math.floor(this.clock.now().wallMs);
  }

  protected timingOf({ mode, timing }: ResolvedOptions): ElectionTiming {
    return mode === 'redis' ? timing : SOLE_LEADER;
  }
}

export interface Assembled extends AssembledEngine {
  readonly stores: Stores;
}

function ramStores(clock: Clock, candidateId: string, version: string): Stores {
  return {
    ...createRamStores(clock, { candidateId, version }),
    open: () => undefined,
    ready: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Loads the Redis adapter, and ioredis with it, only when it is needed. */
async function redisStores(
  options: ResolvedOptions,
  candidateId: string,
  clock: Clock,
  listeners: Pick<RedisStoresOptions, 'onInvalid' | 'onNoPresence'>,
): Promise<Stores> {
  const { createRedisStores } = await import('../adapters/redis/create-redis-stores.js');
  try {
    return createRedisStores({
      redis: options.redis,
      leaseKey: options.leaderKey,
      commandTimeoutMs: options.timing.commandTimeoutMs,
      clock,
      presenceOf: options.fastTakeover ? candidateId : undefined,
      replicas: options.consistency === 'strict' ? (options.replicas ?? 1) : undefined,
      ...listeners,
    });
  } catch (cause) {
    throw peerError(cause, 'ioredis', IOREDIS_NEEDED);
  }
}

const IOREDIS_NEEDED = {
  problem: "Mode 'redis' with an address needs the package ioredis, which is not installed",
  remedy: "Run `npm install ioredis`, or choose mode 'ram' where a single process suffices",
};

/** Whoever waits listens to its signal, however many that are. */
function abortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

function candidateId(entropy: Entropy): string {
  const named = process.env['POD_NAME'] ?? '';
  const pod = named === '' ? hostname() : named;
  // A pod's name is shown wherever pods are: nothing in it moves a cursor or reorders a line.
  return `${oneLine(pod, 200).replace(/[|\s]/g, '-')}-${process.pid}-${entropy.id()}`;
}

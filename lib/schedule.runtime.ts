import { hostname } from 'node:os';

import { Injectable, Logger } from '@nestjs/common';

import { RamLeaseStore } from './adapters/ram/ram-lease-store.js';
import { RamRunStore } from './adapters/ram/ram-run-store.js';
import { SystemClock } from './adapters/system/system-clock.js';
import { SystemEntropy } from './adapters/system/system-entropy.js';
import { MissingPeerError } from './core/errors.js';
import type { ResolvedOptions } from './core/options.js';
import type { ElectionTiming } from './core/timing.js';
import { EventBus } from './engine/event-bus.js';
import { JobRegistry } from './engine/job-registry.js';
import { LeaderElector } from './engine/leader-elector.js';
import { RunExecutor } from './engine/run-executor.js';
import { ScheduleEngine } from './engine/schedule-engine.js';
import { TickDispatcher } from './engine/tick-dispatcher.js';
import type { Clock } from './ports/clock.js';
import type { Entropy } from './ports/entropy.js';
import type { LeaseStore } from './ports/lease-store.js';
import type { Ticker } from './ports/ticker.js';

/** In RAM mode nobody else can want the lease: it never ends and is never renewed. */
const SOLE_LEADER: ElectionTiming = {
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
export class ScheduleRuntime {
  readonly clock: Clock = new SystemClock();
  readonly entropy: Entropy = new SystemEntropy();
  readonly events = new EventBus(error => this.logger.error('A listener of schedule events threw', error));
  readonly jobs = new JobRegistry();
  /** Identity of this process among the candidates: new at every boot. */
  readonly candidateId = candidateId(this.entropy);

  private readonly logger = new Logger('LeaderSchedule');
  private assembled: Assembled | undefined;

  /** Puts the rest together. Throws `MissingPeerError` when the mode needs a package that is not installed. */
  async assemble(options: ResolvedOptions, ticker: Ticker): Promise<Assembled> {
    const { clock, entropy, events, jobs, candidateId } = this;
    const redisMode = options.mode === 'redis';
    const timing = redisMode ? options.timing : SOLE_LEADER;
    const { store, open } = redisMode ? await redisLeaseStore(options) : ramLeaseStore(clock);
    const restMs = options.timing.ttlMs;
    const elector = new LeaderElector({ candidateId, timing, restMs, store, clock, entropy, events });
    const executor = new RunExecutor(clock, events);
    const runs = new RamRunStore();
    const dispatcher = new TickDispatcher({ elector, runs, executor, clock, entropy, events });
    const engine = new ScheduleEngine({ jobs, ticker, elector, dispatcher, executor, events });
    this.assembled = { elector, engine, store, open };
    return this.assembled;
  }

  /** What `assemble` made; `undefined` until then. */
  get parts(): Assembled | undefined {
    return this.assembled;
  }
}

export interface Assembled {
  readonly elector: LeaderElector;
  readonly engine: ScheduleEngine;
  readonly store: LeaseStore;
  /** Opens the connections of the store. */
  readonly open: () => void;
}

interface OpenableStore {
  readonly store: LeaseStore;
  readonly open: () => void;
}

function ramLeaseStore(clock: Clock): OpenableStore {
  return { store: new RamLeaseStore(clock), open: () => undefined };
}

/** Loads the Redis adapter, and ioredis with it, only when it is needed. */
async function redisLeaseStore(options: ResolvedOptions): Promise<OpenableStore> {
  const { createRedisLeaseStore } = await import('./adapters/redis/create-redis-lease-store.js').catch(
    missingPeer,
  );
  const store = createRedisLeaseStore(options.redis, options.leaderKey, options.timing.commandTimeoutMs);
  return { store, open: () => store.open() };
}

function missingPeer(cause: unknown): never {
  if (!(cause instanceof Error) || !/Cannot find (package|module) 'ioredis'/.test(cause.message)) throw cause;
  throw new MissingPeerError({
    problem: "Mode 'redis' needs the package ioredis, which is not installed",
    remedy: "Run `npm install ioredis`, or choose mode 'ram' where a single process suffices",
    cause,
  });
}

function candidateId(entropy: Entropy): string {
  const named = process.env['POD_NAME'] ?? '';
  const pod = named === '' ? hostname() : named;
  return `${pod.replace(/[|\s]/g, '-')}-${process.pid}-${entropy.id()}`;
}

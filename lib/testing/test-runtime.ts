import type { SchedulerRegistry } from '@nestjs/schedule';

import { createRamStores } from '../adapters/ram/create-ram-stores.js';
import type { JobHandler } from '../core/job/job.js';
import { SOLE_LEADER, type ElectionTiming } from '../core/election/timing.js';
import type { Entropy } from '../ports/entropy.js';
import type { Ticker } from '../ports/ticker.js';
import type { Stores } from '../ports/stores.js';
import { CompositionRoot } from '../nest/composition-root.js';
import type { ContestedLease } from './contested-lease.js';
import type { RunLog } from './run-log.js';
import type { VirtualClock } from './virtual-clock.js';
import { VirtualTicker } from './virtual-ticker.js';
import { WatchedJobs } from './watched-jobs.js';

/** A shutdown may wait for something that virtual time does not bring about: it is checked at most this often. */
const SHUTDOWN_CHECKS = 1000;

/** The world that outlives an application under test: time, and the past. */
export interface TestWorld {
  readonly clock: VirtualClock;
  readonly entropy: Entropy;
  readonly lease: ContestedLease;
  readonly log: RunLog;
  /** Settles when it is decided who leads at first. */
  readonly ready: Promise<void>;
  readonly wrap: (handler: JobHandler) => JobHandler;
}

/** The runtime with the real engine in a world of its own: virtual time, stores in memory. */
export class TestRuntime extends CompositionRoot {
  override readonly clock: VirtualClock;
  override readonly entropy: Entropy;
  override readonly jobs: WatchedJobs;
  isClosed = false;

  constructor(
    override readonly podId: string,
    private readonly world: TestWorld,
  ) {
    super();
    this.clock = world.clock;
    this.entropy = world.entropy;
    this.jobs = new WatchedJobs(world.wrap);
  }

  override tickerOf(registry: SchedulerRegistry): Ticker {
    return new VirtualTicker(registry, this.clock, () => void this.letTimePass());
  }

  protected override async storesOf(): Promise<Stores> {
    const { clock, lease, log, ready } = this.world;
    await ready;
    const { podId } = this;
    const stores = createRamStores(clock, { podId, lease, jobs: log });
    return {
      ...stores,
      open: () => undefined,
      ready: () => Promise.resolve(),
      facts: () => Promise.resolve(undefined),
      close: () => this.close(),
    };
  }

  /** In any mode: the lease of a test is contested, but does not expire, so that a year needs no million renewals. */
  protected override timingOf(): ElectionTiming {
    return SOLE_LEADER;
  }

  /** Virtual clocks do not step, and a virtual year would be three million checks. */
  protected override get clockCheckMs(): number {
    return Infinity;
  }

  /** An application that is closed at once has done all the same what its start set in motion, however many turns it takes. */
  override mayStop(): Promise<void> {
    return this.clock.advanceUntil(() => true, 0);
  }

  private close(): Promise<void> {
    this.isClosed = true;
    return this.world.lease.close();
  }

  /** Time goes on by itself while the application closes: its drain timeout is one of virtual time, too. */
  private async letTimePass(): Promise<void> {
    for (let checks = 0; checks < SHUTDOWN_CHECKS && !this.isClosed; checks += 1)
      await this.clock.advanceUntil(() => this.isClosed, Number.MAX_SAFE_INTEGER);
  }
}

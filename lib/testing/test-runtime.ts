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

/** A shutdown that waits for nothing that time brings about is looked at so often, and then left alone. */
const LOOKS_AT_SHUTDOWN = 1000;

/** What outlives an application under test: time, and the past. */
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
    override readonly candidateId: string,
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
    const { candidateId } = this;
    const stores = createRamStores(clock, { candidateId, lease, jobs: log });
    return { ...stores, open: () => undefined, ready: () => Promise.resolve(), close: () => this.close() };
  }

  /** Whatever the mode: the lease of a test is contested, but does not lapse, so that a year is no million renewals. */
  protected override timingOf(): ElectionTiming {
    return SOLE_LEADER;
  }

  /** Virtual clocks do not step, and a virtual year is no three million looks. */
  protected override get clockLookMs(): number {
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
    for (let looks = 0; looks < LOOKS_AT_SHUTDOWN && !this.isClosed; looks += 1)
      await this.clock.advanceUntil(() => this.isClosed, Number.MAX_SAFE_INTEGER);
  }
}

import { expect } from '@jest/globals';

import { RamLeaseStore } from '../../lib/adapters/ram/ram-lease-store.js';
import type { ScheduleEvent } from '../../lib/core/events.js';
import { electionTiming } from '../../lib/core/election/timing.js';
import { EngineErrors } from '../../lib/engine/engine-errors.js';
import { StoreCall } from '../../lib/engine/store-call.js';
import { EventBus } from '../../lib/engine/event-bus.js';
import { StoreClock } from '../../lib/engine/election/store-clock.js';
import { LeaderElector } from '../../lib/engine/election/elector.js';
import type { ElectionObserver } from '../../lib/engine/election/election-observer.js';
import { FaultyLeaseStore } from './faulty-lease-store.js';
import { VirtualClock } from './virtual-clock.js';
import { VirtualEntropy } from './virtual-entropy.js';

/** Of the lease, ms. */
export const TTL = 10_000;
/** How long an elector trusts a lease that is not renewed, ms. */
export const TRUST = 9000;

const IDLE_OBSERVER: ElectionObserver = {
  termBegan: () => undefined,
  termResumed: () => undefined,
  termEnded: () => undefined,
  watched: () => [],
  mayStandStill: () => false,
  refusedToResign: () => undefined,
  held: () => undefined,
  renewed: () => undefined,
  notified: () => undefined,
  candidacy: () => undefined,
  deferMs: 0,
  distrusted: () => undefined,
};

/** Candidates for one lease in memory, all on one virtual clock. */
export class Electors {
  readonly clock = new VirtualClock();
  readonly lease = new RamLeaseStore(this.clock);

  /** One that has not started, with its way to the store and what it reported. */
  candidate(name: string, seed = 1) {
    const { clock, lease } = this;
    const store = new FaultyLeaseStore(lease);
    const log: string[] = [];
    const events = new EventBus(error => {
      throw error;
    });
    events.subscribe((event: ScheduleEvent) =>
      log.push('reason' in event ? `${event.type}:${event.reason}` : event.type),
    );
    const timing = electionTiming(3000, TTL);
    const entropy = new VirtualEntropy(seed);
    const elector = new LeaderElector({
      podId: name,
      storeClock: new StoreClock(clock),
      timing,
      version: '1',
      restMs: TTL,
      fastTakeover: true,
      observer: () => IDLE_OBSERVER,
      store,
      errors: new EngineErrors({ clock, events }),
      call: new StoreCall({ clock, events, timing, source: 'lease' }),
      clock,
      entropy,
      events,
    });
    return { elector, store, log };
  }

  /** Two that have started: the first one leads. */
  async leaderAndFollower() {
    const a = this.candidate('a', 1);
    const b = this.candidate('b', 2);
    a.elector.start();
    await this.clock.advance(0);
    b.elector.start();
    await this.clock.advance(0);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([true, false]);
    return { a, b };
  }
}

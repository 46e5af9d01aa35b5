import { beforeEach, describe, expect, it } from '@jest/globals';

import { RamLeaseStore } from '../../../../lib/adapters/ram/ram-lease-store.js';
import type { ScheduleEvent } from '../../../../lib/core/events.js';
import { electionTiming } from '../../../../lib/core/election/timing.js';
import { EngineErrors } from '../../../../lib/engine/engine-errors.js';
import { StoreCall } from '../../../../lib/engine/store-call.js';
import { EventBus } from '../../../../lib/engine/event-bus.js';
import { StoreClock } from '../../../../lib/engine/election/store-clock.js';
import { LeaderElector } from '../../../../lib/engine/election/elector.js';
import { FaultyLeaseStore } from '../../../support/faulty-lease-store.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { VirtualEntropy } from '../../../support/virtual-entropy.js';

const TTL = 10_000;
const TRUST = 9000;

let clock: VirtualClock;
let lease: RamLeaseStore;

beforeEach(() => {
  clock = new VirtualClock();
  lease = new RamLeaseStore(clock);
});

function candidate(name: string, seed = 1) {
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
    candidateId: name,
    storeClock: new StoreClock(clock),
    timing,
    version: '1',
    restMs: TTL,
    fastTakeover: true,
    observer: {
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
    },
    store,
    errors: new EngineErrors({ clock, events }),
    call: new StoreCall({ clock, events, timing, source: 'lease' }),
    clock,
    entropy,
    events,
  });
  return { elector, store, log };
}

async function leaderAndFollower() {
  const a = candidate('a', 1);
  const b = candidate('b', 2);
  a.elector.start();
  await clock.advance(0);
  b.elector.start();
  await clock.advance(0);
  expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([true, false]);
  return { a, b };
}

describe('an elector at its start', () => {
  it('asks at once, not after an interval', async () => {
    const { elector, log } = candidate('a');
    elector.start();
    await clock.advance(0);
    expect(elector.isLeader()).toBe(true);
    expect(log).toEqual(['leader.elected']);
  });

  it('goes on asking when the store fails, and says so once', async () => {
    const { elector, store, log } = candidate('a');
    store.disconnect();
    elector.start();
    await clock.advance(5000);
    expect(store.asked).toBeGreaterThan(5);
    expect(log).toEqual(['store.unavailable']);
    store.reconnect();
    await clock.advance(2000);
    expect(elector.isLeader()).toBe(true);
    expect(log).toEqual(['store.unavailable', 'store.recovered', 'leader.elected']);
  });

  it('recognises a lease whose acquisition reply was lost', async () => {
    const { elector, store } = candidate('a');
    store.fault = 'loses-replies';
    elector.start();
    await clock.advance(500);
    expect(elector.isLeader()).toBe(false);
    expect(await lease.read()).toMatchObject({ kind: 'held', holder: 'a' });
    store.fault = 'none';
    await clock.advance(1100);
    expect(elector.isLeader()).toBe(true);
  });
});

describe('a leader', () => {
  it('keeps its term by renewing at every interval', async () => {
    const { a, b } = await leaderAndFollower();
    const token = a.elector.currentTerm()?.token;
    const before = a.store.asked;
    await clock.advance(60_000);
    expect(a.elector.currentTerm()?.token).toBe(token);
    expect(a.store.asked - before).toBe(20);
    expect(b.elector.isLeader()).toBe(false);
  });

  it.each(['fails', 'hangs', 'loses-replies'] as const)(
    'ends its term by the local deadline when the store %s',
    async fault => {
      const { a } = await leaderAndFollower();
      a.store.fault = fault;
      await clock.advance(TRUST - 1);
      expect(a.elector.isLeader()).toBe(true);
      await clock.advance(1);
      expect(a.elector.isLeader()).toBe(false);
      expect(a.log).toContain('leader.lost:deadline');
    },
  );

  it('counts its deadline from the question, not from the answer', async () => {
    const { a } = await leaderAndFollower();
    await clock.advance(2999);
    const answer = lease.renew.bind(lease);
    lease.renew = async request => {
      await new Promise<void>(resolve => clock.timer(900, resolve));
      return answer(request);
    };
    await clock.advance(1 + 900);
    a.store.fault = 'hangs';
    await clock.advance(TRUST - 901);
    expect(a.elector.isLeader()).toBe(true);
    await clock.advance(1);
    expect(a.elector.isLeader()).toBe(false);
  });

  it('does not believe when it wakes from a pause beyond its trust', async () => {
    const { a } = await leaderAndFollower();
    const paused = clock.pauseFor(20_000);
    expect(a.elector.isLeader()).toBe(false);
    await paused;
    expect(a.log).toContain('leader.lost:deadline');
  });

  it('does not believe after the machine was suspended, though the monotonic clock stood still', async () => {
    const { a } = await leaderAndFollower();
    clock.suspendFor(TRUST);
    expect(a.elector.isLeader()).toBe(false);
  });

  it('is not kept in trust by a wall clock that was set back', async () => {
    const { a } = await leaderAndFollower();
    a.store.fault = 'hangs';
    clock.jumpWall(-3_600_000);
    await clock.advance(TRUST);
    expect(a.elector.isLeader()).toBe(false);
  });

  it('steps down when the store says that the lease is gone', async () => {
    const { a } = await leaderAndFollower();
    const token = a.elector.currentTerm()?.token ?? 0;
    await lease.resign({ candidateId: 'a', token });
    await clock.advance(3100);
    expect(a.log).toContain('leader.lost:lease-lost');
  });

  it('is suspended while its connection is closed, and goes on in the same term', async () => {
    const { a, b } = await leaderAndFollower();
    const token = a.elector.currentTerm()?.token;
    a.store.disconnect();
    expect(a.elector.isLeader()).toBe(false);
    await clock.advance(1000);
    a.store.reconnect();
    await clock.advance(0);
    expect(a.elector.currentTerm()?.token).toBe(token);
    expect(a.log).toEqual([
      'leader.elected',
      'store.unavailable',
      'leader.suspended',
      'store.recovered',
      'leader.resumed',
    ]);
    expect(b.log).not.toContain('leader.elected');
  });
});

describe('a follower', () => {
  it('wakes when the ttl of a dead leader runs out, not at its next interval', async () => {
    const { a, b } = await leaderAndFollower();
    a.store.fault = 'hangs';
    await clock.advance(TTL - 1);
    expect(b.elector.isLeader()).toBe(false);
    await clock.advance(52);
    expect(b.elector.isLeader()).toBe(true);
  });

  it('takes over within 50 ms of a resignation, and the one that resigned sits out one ttl', async () => {
    const { a, b } = await leaderAndFollower();
    await expect(a.elector.resign()).resolves.toBe(true);
    await clock.advance(50);
    expect(b.elector.isLeader()).toBe(true);
    await b.elector.stop();
    await clock.advance(TTL - 100);
    expect(a.elector.isLeader()).toBe(false);
    await clock.advance(200);
    expect(a.elector.isLeader()).toBe(true);
  });

  it('gives the old leader a head start after a reconnect', async () => {
    const { a, b } = await leaderAndFollower();
    const token = a.elector.currentTerm()?.token ?? 0;
    a.store.disconnect();
    b.store.disconnect();
    // The store comes back without its memory.
    await lease.resign({ candidateId: 'a', token });
    b.store.reconnect();
    await clock.advance(900);
    expect(b.elector.isLeader()).toBe(false);
    a.store.reconnect();
    await clock.advance(10);
    expect(a.elector.isLeader()).toBe(true);
    await clock.advance(2000);
    expect(b.elector.isLeader()).toBe(false);
  });

  it('leads with a higher token than its predecessor', async () => {
    const { a, b } = await leaderAndFollower();
    const first = a.elector.currentTerm()?.token ?? Infinity;
    await a.elector.stop();
    await clock.advance(50);
    expect(b.elector.currentTerm()?.token).toBeGreaterThan(first);
  });
});

describe('an elector that stops', () => {
  it('lets go of the lease and asks no more', async () => {
    const { a } = await leaderAndFollower();
    await a.elector.stop();
    const asked = a.store.asked;
    await clock.advance(30_000);
    expect(a.store.asked).toBe(asked);
    expect(a.log).toContain('leader.lost:shutdown');
  });

  it('lets go of a lease that is granted while it stops', async () => {
    const { elector } = candidate('a');
    elector.start();
    await elector.stop();
    await clock.advance(0);
    expect(await lease.read()).toEqual({ kind: 'free' });
  });

  it('does not wait for a store that hangs for longer than its few tries', async () => {
    const { a } = await leaderAndFollower();
    a.store.fault = 'hangs';
    let stopped = false;
    void a.elector.stop().then(() => (stopped = true));
    await clock.advance(5000);
    expect(stopped).toBe(true);
  });
});

describe('two candidates under random faults', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('never lead at one instant (seed %i)', async seed => {
    const chance = new VirtualEntropy(seed * 1000);
    const candidates = [candidate('a', seed), candidate('b', seed + 100), candidate('c', seed + 200)];
    for (const { elector } of candidates) elector.start();
    for (let step = 0; step < 300; step += 1) {
      for (const { store } of candidates) {
        if (chance.uniform(0, 1) < 0.1) {
          store.fault =
            (['none', 'none', 'fails', 'hangs', 'loses-replies'] as const)[
              Math.floor(chance.uniform(0, 5))
            ] ?? 'none';
        }
      }
      if (chance.uniform(0, 1) < 0.05) await clock.pauseFor(chance.uniform(0, 15_000));
      await clock.advance(chance.uniform(0, 1000));
      expect(candidates.filter(({ elector }) => elector.isLeader()).length).toBeLessThanOrEqual(1);
    }
    for (const { store } of candidates) store.fault = 'none';
    await clock.advance(2 * TTL);
    expect(candidates.filter(({ elector }) => elector.isLeader())).toHaveLength(1);
  });
});

describe('what an elector knows of leading', () => {
  it('is how its renewals were answered', async () => {
    const { a } = await leaderAndFollower();
    await clock.advance(6000);
    a.store.fault = 'fails';
    await clock.advance(4000);
    const { renewed, lost, unknown } = a.elector.renewals;
    expect([renewed, lost, unknown > 3]).toEqual([2, 0, true]);
  });

  it('is for how long nobody has led, from the moment it could ask', async () => {
    const { a, b } = await leaderAndFollower();
    expect([a.elector.leaderlessMs, b.elector.leaderlessMs]).toEqual([0, 0]);
    b.store.fault = 'hangs';
    await a.elector.stop();
    await clock.advance(30_000);
    expect([a.elector.leaderlessMs, b.elector.leaderlessMs]).toEqual([0, 30_000]);
    b.store.disconnect();
    expect(b.elector.leaderlessMs).toBe(0);
    b.store.reconnect();
    await clock.advance(500);
    expect(b.elector.leaderlessMs).toBe(500);
    await clock.advance(1000);
    expect([b.elector.isLeader(), b.elector.leaderlessMs]).toEqual([true, 0]);
  });
});

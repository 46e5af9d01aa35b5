import { beforeEach, describe, expect, it } from '@jest/globals';

import { RamLeaseStore } from '../../../../lib/adapters/ram/ram-lease-store.js';
import { SECOND } from '../../../support/durations.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { VirtualEntropy } from '../../../support/virtual-entropy.js';
import { Electors, TTL } from '../../../support/electors.js';

let electors: Electors;
let clock: VirtualClock;
let lease: RamLeaseStore;

beforeEach(() => {
  electors = new Electors();
  ({ clock, lease } = electors);
});

describe('an elector at its start', () => {
  it('asks at once, not after an interval', async () => {
    const { elector, log } = electors.candidate('a');
    elector.start();
    await clock.advance(0);
    expect(elector.isLeader()).toBe(true);
    expect(log).toEqual(['leader.elected']);
  });

  it('goes on asking when the store fails, and says so once', async () => {
    const { elector, store, log } = electors.candidate('a');
    store.disconnect();
    elector.start();
    await clock.advance(5 * SECOND);
    expect(store.asked).toBeGreaterThan(5);
    expect(log).toEqual(['store.unavailable']);
    store.reconnect();
    await clock.advance(2 * SECOND);
    expect(elector.isLeader()).toBe(true);
    expect(log).toEqual(['store.unavailable', 'store.recovered', 'leader.elected']);
  });

  it('recognises a lease whose acquisition reply was lost', async () => {
    const { elector, store } = electors.candidate('a');
    store.fault = 'loses-replies';
    elector.start();
    await clock.advance(500);
    expect(elector.isLeader()).toBe(false);
    expect(await lease.read()).toMatchObject({ kind: 'held', holder: 'a' });
    store.fault = 'none';
    await clock.advance(1.1 * SECOND);
    expect(elector.isLeader()).toBe(true);
  });
});

describe('an elector that stops', () => {
  it('releases the lease and asks no more', async () => {
    const { a } = await electors.leaderAndFollower();
    await a.elector.stop();
    const asked = a.store.asked;
    await clock.advance(30 * SECOND);
    expect(a.store.asked).toBe(asked);
    expect(a.log).toContain('leader.lost:shutdown');
  });

  it('releases a lease that is granted while it stops', async () => {
    const { elector } = electors.candidate('a');
    elector.start();
    await elector.stop();
    await clock.advance(0);
    expect(await lease.read()).toEqual({ kind: 'free' });
  });

  it('does not wait for a store that hangs for longer than its few tries', async () => {
    const { a } = await electors.leaderAndFollower();
    a.store.fault = 'hangs';
    let stopped = false;
    void a.elector.stop().then(() => (stopped = true));
    await clock.advance(5 * SECOND);
    expect(stopped).toBe(true);
  });
});

describe('two candidates under random faults', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('never lead at one instant (seed %i)', async seed => {
    const chance = new VirtualEntropy(seed * 1000);
    const candidates = [
      electors.candidate('a', seed),
      electors.candidate('b', seed + 100),
      electors.candidate('c', seed + 200),
    ];
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
    const { a } = await electors.leaderAndFollower();
    await clock.advance(6 * SECOND);
    a.store.fault = 'fails';
    await clock.advance(4 * SECOND);
    const { renewed, lost, unknown } = a.elector.renewals;
    expect([renewed, lost, unknown > 3]).toEqual([2, 0, true]);
  });

  it('is how long no pod has led, from the moment it could ask', async () => {
    const { a, b } = await electors.leaderAndFollower();
    expect([a.elector.leaderlessMs, b.elector.leaderlessMs]).toEqual([0, 0]);
    b.store.fault = 'hangs';
    await a.elector.stop();
    await clock.advance(30 * SECOND);
    expect([a.elector.leaderlessMs, b.elector.leaderlessMs]).toEqual([0, 30_000]);
    b.store.disconnect();
    expect(b.elector.leaderlessMs).toBe(0);
    b.store.reconnect();
    await clock.advance(500);
    expect(b.elector.leaderlessMs).toBe(500);
    await clock.advance(SECOND);
    expect([b.elector.isLeader(), b.elector.leaderlessMs]).toEqual([true, 0]);
  });
});

import { beforeEach, describe, expect, it } from '@jest/globals';

import { RamLeaseStore } from '../../../../lib/adapters/ram/ram-lease-store.js';
import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { Electors, TRUST, TTL } from '../../../support/electors.js';

let electors: Electors;
let clock: VirtualClock;
let lease: RamLeaseStore;

beforeEach(() => {
  electors = new Electors();
  ({ clock, lease } = electors);
});

describe('a leader', () => {
  it('keeps its term by renewing at every interval', async () => {
    const { a, b } = await electors.leaderAndFollower();
    const token = a.elector.currentTerm()?.token;
    const before = a.store.asked;
    await clock.advance(MINUTE);
    expect(a.elector.currentTerm()?.token).toBe(token);
    expect(a.store.asked - before).toBe(20);
    expect(b.elector.isLeader()).toBe(false);
  });

  it.each(['fails', 'hangs', 'loses-replies'] as const)(
    'ends its term by the local deadline when the store %s',
    async fault => {
      const { a } = await electors.leaderAndFollower();
      a.store.fault = fault;
      await clock.advance(TRUST - 1);
      expect(a.elector.isLeader()).toBe(true);
      await clock.advance(1);
      expect(a.elector.isLeader()).toBe(false);
      expect(a.log).toContain('leader.lost:deadline');
    },
  );

  it('counts its deadline from the question, not from the answer', async () => {
    const { a } = await electors.leaderAndFollower();
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
});

describe('a leader whose lease or connection is lost', () => {
  it('steps down when the store says that the lease is gone', async () => {
    const { a } = await electors.leaderAndFollower();
    const token = a.elector.currentTerm()?.token ?? 0;
    await lease.resign({ podId: 'a', token });
    await clock.advance(3.1 * SECOND);
    expect(a.log).toContain('leader.lost:lease-lost');
  });

  it('is suspended while its connection is closed, and goes on in the same term', async () => {
    const { a, b } = await electors.leaderAndFollower();
    const token = a.elector.currentTerm()?.token;
    a.store.disconnect();
    expect(a.elector.isLeader()).toBe(false);
    await clock.advance(SECOND);
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

describe('a leader whose process or machine was paused', () => {
  it('does not believe when it wakes from a pause beyond its trust', async () => {
    const { a } = await electors.leaderAndFollower();
    const paused = clock.pauseFor(20 * SECOND);
    expect(a.elector.isLeader()).toBe(false);
    await paused;
    expect(a.log).toContain('leader.lost:deadline');
  });

  it('does not believe after the machine was suspended, though the monotonic clock stood still', async () => {
    const { a } = await electors.leaderAndFollower();
    clock.suspendFor(TRUST);
    expect(a.elector.isLeader()).toBe(false);
  });

  it('says so when it renews next, within an interval after it was awake', async () => {
    const { a } = await electors.leaderAndFollower();
    await clock.advance(0.5 * SECOND);
    clock.suspendFor(TRUST);
    await clock.advance(2.5 * SECOND - 1);
    expect(a.log).not.toContain('leader.lost:deadline');
    await clock.advance(1);
    expect(a.log).toContain('leader.lost:deadline');
  });

  it('is not kept in trust by a wall clock that was set back', async () => {
    const { a } = await electors.leaderAndFollower();
    a.store.fault = 'hangs';
    clock.jumpWall(-HOUR);
    await clock.advance(TRUST);
    expect(a.elector.isLeader()).toBe(false);
  });
});

describe('a follower', () => {
  it('wakes when the ttl of a dead leader runs out, not at its next interval', async () => {
    const { a, b } = await electors.leaderAndFollower();
    a.store.fault = 'hangs';
    await clock.advance(TTL - 1);
    expect(b.elector.isLeader()).toBe(false);
    await clock.advance(52);
    expect(b.elector.isLeader()).toBe(true);
  });

  it('takes over within 50 ms of a resignation, and the one that resigned sits out one ttl', async () => {
    const { a, b } = await electors.leaderAndFollower();
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
    const { a, b } = await electors.leaderAndFollower();
    const token = a.elector.currentTerm()?.token ?? 0;
    a.store.disconnect();
    b.store.disconnect();
    // The store comes back without its memory.
    await lease.resign({ podId: 'a', token });
    b.store.reconnect();
    await clock.advance(900);
    expect(b.elector.isLeader()).toBe(false);
    a.store.reconnect();
    await clock.advance(10);
    expect(a.elector.isLeader()).toBe(true);
    await clock.advance(2 * SECOND);
    expect(b.elector.isLeader()).toBe(false);
  });

  it('leads with a higher token than its predecessor', async () => {
    const { a, b } = await electors.leaderAndFollower();
    const first = a.elector.currentTerm()?.token ?? Infinity;
    await a.elector.stop();
    await clock.advance(50);
    expect(b.elector.currentTerm()?.token).toBeGreaterThan(first);
  });
});

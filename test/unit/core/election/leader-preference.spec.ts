import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { isLarger } from '../../../../lib/core/election/job-set.js';
import {
  isAlive,
  isUnsteady,
  shouldDefer,
  shouldHandOver,
  staleAfterMs,
  type LeaderView,
  type Rival,
  type Sighting,
} from '../../../../lib/core/election/leader-preference.js';
import { DAY, SECOND } from '../../../support/durations.js';

const times = { intervalMs: 3 * SECOND, ttlMs: 10 * SECOND };
const NOW = 1.9e12;

/** A leader and a rival for which it resigns. */
const leader: LeaderView = {
  jobs: new Set(['a']),
  termSince: NOW - 10 * SECOND,
  handOvers: [],
  now: NOW,
  times,
};
const rival: Rival = {
  podId: 'b',
  seenAt: NOW - 4 * SECOND,
  since: NOW - 10 * SECOND,
  state: 'up',
  distrustedUntil: 0,
  ...times,
  jobs: new Set(['a', 'b']),
};
const first: Sighting = { at: NOW - 3 * SECOND, seenAt: NOW - 4001 };
const judge = (l: Partial<LeaderView> = {}, r: Partial<Rival> = {}, f: Sighting | undefined = first) =>
  shouldHandOver({ ...leader, ...l }, { ...rival, ...r }, f);

describe('a leader that has jobs', () => {
  it('resigns for a larger set', () => {
    expect(judge()).toBe(true);
  });

  it.each<[string, Partial<LeaderView>, Partial<Rival>, Sighting | undefined]>([
    ['has the same jobs', {}, { jobs: new Set(['a']) }, first],
    ['has more jobs, but not all of them', {}, { jobs: new Set(['b', 'c']) }, first],
    ['has published no set', {}, { jobs: undefined }, first],
    ['came less than a ttl ago', {}, { since: NOW - 9999 }, first],
    ['drains', {}, { state: 'draining' }, first],
    ['rests', {}, { state: 'resting' }, first],
    ['has a note that stands still', {}, { seenAt: first.seenAt }, first],
    ['was read for the first time', {}, {}, undefined],
    ['was read less than an interval ago', {}, {}, { ...first, at: NOW - 2999 }],
    ['was not seen for an interval and a second', {}, { seenAt: NOW - 4001 }, { ...first, seenAt: 0 }],
    ['lost a term through its own fault lately', {}, { distrustedUntil: NOW + 1 }, first],
  ])('stays for one that %s', (_, l, r, f) => {
    // Not by `judge`, whose default would replace a missing reading.
    expect(shouldHandOver({ ...leader, ...l }, { ...rival, ...r }, f)).toBe(false);
  });

  it('stays until its own term is a ttl old, twice as long after three moves within 10 ttl', () => {
    expect(judge({ termSince: NOW - 9999 })).toBe(false);
    const handOvers = [NOW - 100 * SECOND, NOW - 50 * SECOND, NOW - 10 * SECOND];
    expect(judge({ handOvers })).toBe(false);
    expect(judge({ handOvers, termSince: NOW - 20 * SECOND })).toBe(true);
    expect(judge({ handOvers: [NOW - 100_001, NOW - 50 * SECOND, NOW - 10 * SECOND] })).toBe(true);
  });

  it('is not kept from it by distrust beyond what there can be, nor by moves to come', () => {
    expect(judge({}, { distrustedUntil: NOW + 100 * SECOND })).toBe(false);
    expect(judge({}, { distrustedUntil: NOW + 100_001 })).toBe(true);
    expect(judge({ handOvers: [NOW + 1, NOW + 2, NOW + 3] })).toBe(true);
  });

  it('uses the interval and the ttl of the candidate where they are longer than its own', () => {
    const long = { intervalMs: 6 * SECOND, ttlMs: 20 * SECOND };
    const old = { termSince: NOW - 20 * SECOND };
    expect(judge(old, { ...long, seenAt: NOW - 7 * SECOND }, { ...first, seenAt: NOW - 7001 })).toBe(true);
    expect(judge(old, { ...long, seenAt: NOW - 7001 }, { ...first, seenAt: NOW - 7002 })).toBe(false);
    expect(judge({ termSince: NOW - 19_999 }, long)).toBe(false);
    expect(judge(old, { ...long, distrustedUntil: NOW + 200 * SECOND })).toBe(false);
    expect(judge(old, { ...long, distrustedUntil: NOW + 200_001 })).toBe(true);
    const short = { intervalMs: 300, ttlMs: 2 * SECOND };
    expect(judge({}, short)).toBe(true);
    expect(judge({}, { ...short, distrustedUntil: NOW + 100 * SECOND })).toBe(false);
  });

  it('takes no candidate for alive for longer than candidates are remembered, whatever stands in a note', () => {
    const tampered = { intervalMs: DAY, seenAt: NOW - 601 * SECOND };
    expect(isAlive({ ...rival, ...tampered }, NOW, times)).toBe(true);
    expect(isAlive({ ...rival, ...tampered, seenAt: NOW - 601_001 }, NOW, times)).toBe(false);
  });
});

describe('a leader without a job', () => {
  const jobs = new Set<string>();

  it('resigns at the first reading that shows a live candidate with a job', () => {
    const young = { since: NOW, distrustedUntil: NOW + 1 };
    expect(shouldHandOver({ ...leader, jobs, termSince: NOW }, { ...rival, ...young }, undefined)).toBe(true);
  });

  it.each<[string, Partial<Rival>]>([
    ['has no job either', { jobs }],
    ['drains', { state: 'draining' }],
    ['rests', { state: 'resting' }],
    ['is not alive', { seenAt: NOW - 4001 }],
  ])('stays for one that %s', (_, r) => {
    expect(judge({ jobs }, r)).toBe(false);
  });

  it('waits for a ttl while leadership moves to and fro', () => {
    const handOvers = [NOW - 3, NOW - 2, NOW - 1];
    expect(judge({ jobs, handOvers, termSince: NOW - 9999 })).toBe(false);
    expect(judge({ jobs, handOvers })).toBe(true);
  });
});

describe('a follower', () => {
  it('lets a better candidate go first, as long as that is alive', () => {
    expect(shouldDefer(leader.jobs, rival, NOW, times)).toBe(true);
    expect(shouldDefer(leader.jobs, { ...rival, seenAt: NOW - 4001 }, NOW, times)).toBe(false);
    expect(shouldDefer(leader.jobs, { ...rival, since: NOW }, NOW, times)).toBe(false);
    expect(shouldDefer(new Set(), { ...rival, since: NOW }, NOW, times)).toBe(true);
    expect(shouldDefer(new Set(['c']), rival, NOW, times)).toBe(false);
  });
});

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
const anyRival: fc.Arbitrary<Rival> = fc.record({
  podId: fc.constantFrom('x', 'y'),
  seenAt: fc.integer({ min: NOW - 6 * SECOND, max: NOW }),
  since: fc.integer({ min: NOW - 30 * SECOND, max: NOW }),
  state: fc.constantFrom('up', 'resting', 'draining'),
  distrustedUntil: fc.constantFrom(0, NOW - 1, NOW + 5 * SECOND, Infinity),
  intervalMs: fc.constantFrom(300, 3000, 6000),
  ttlMs: fc.constantFrom(2000, 10 * SECOND, 20 * SECOND),
  jobs: fc.option(
    names.map(list => new Set(list)),
    { nil: undefined },
  ),
});
const anyLeader: fc.Arbitrary<LeaderView> = fc.record({
  jobs: names.map(list => new Set(list)),
  termSince: fc.integer({ min: NOW - 40 * SECOND, max: NOW }),
  handOvers: fc.array(fc.integer({ min: NOW - 200 * SECOND, max: NOW }), { maxLength: 3 }),
  now: fc.constant(NOW),
  times: fc.constant(times),
});
const anySighting = fc.option(
  fc.record({
    at: fc.integer({ min: NOW - 9 * SECOND, max: NOW }),
    seenAt: fc.integer({ min: NOW - 9 * SECOND, max: NOW }),
  }),
  { nil: undefined },
);

describe('the rule, for any leader and rival,', () => {
  it('makes the set of the leader grow, so that leadership cannot go round', () => {
    fc.assert(
      fc.property(anyLeader, anyRival, anySighting, (l, r, f) => {
        if (!shouldHandOver(l, r, f)) return;
        expect([...l.jobs].every(name => r.jobs?.has(name))).toBe(true);
        expect(r.jobs?.size).toBeGreaterThan(l.jobs.size);
        // The other way round it never holds, whatever else is the case.
        const back = { ...r, jobs: l.jobs };
        expect(shouldHandOver({ ...l, jobs: r.jobs ?? l.jobs }, back, f)).toBe(false);
      }),
    );
  });

  it('moves leadership only to a pod that is up and alive, and from one with jobs at most once per ttl', () => {
    fc.assert(
      fc.property(anyLeader, anyRival, anySighting, (l, r, f) => {
        if (!shouldHandOver(l, r, f)) return;
        expect(r.state).toBe('up');
        expect(isAlive(r, NOW, times)).toBe(true);
        if (l.jobs.size === 0) return;
        expect(NOW - r.since).toBeGreaterThanOrEqual(times.ttlMs);
        const ttls = isUnsteady(l.handOvers, NOW, times) ? 2 : 1;
        expect(NOW - l.termSince).toBeGreaterThanOrEqual(ttls * times.ttlMs);
      }),
    );
  });

  it('is not kept from it for ever: what holds now holds a while later, if the rival is renewed', () => {
    fc.assert(
      fc.property(anyLeader, anyRival, (l, r) => {
        fc.pre(r.state === 'up' && r.jobs !== undefined && isLarger(r.jobs, l.jobs));
        const now = NOW + 11 * Math.max(times.ttlMs, r.ttlMs);
        const later = { at: now - times.intervalMs, seenAt: now - times.intervalMs };
        expect(shouldHandOver({ ...l, now }, { ...r, seenAt: now - 1 }, later)).toBe(true);
      }),
    );
  });

  it('counts a candidate as away after an interval and a second', () => {
    expect(staleAfterMs(times)).toBe(4000);
  });
});

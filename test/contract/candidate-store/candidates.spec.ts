import { describe, expect, it } from '@jest/globals';

import type { Candidacy, CandidateNews } from '../../../lib/ports/candidate-store.js';
import { MINUTE, SECOND } from '../../support/durations.js';
import { CANDIDACY, never, type Subject, useCandidateStores } from './stores.js';

const { adapters } = useCandidateStores();

/** `a` leads, `b` asks. */
async function led(open: () => Promise<Subject>) {
  const subject = await open();
  const attempt = async (podId: string, news: Partial<Candidacy> = {}) => {
    const request = { podId, ttlMs: MINUTE, endedToken: 0, evidence: false, watched: [] };
    return subject.lease.acquire({ ...request, candidacy: { ...CANDIDACY, ...news } }, never);
  };
  const first = await attempt('a');
  const token = first.kind === 'acquired' ? first.token : 0;
  const ask = async (podId: string, news: Partial<Candidacy> = {}): Promise<CandidateNews> => {
    const answer = await attempt(podId, news);
    if (answer.kind !== 'held' || answer.candidates === undefined) throw new Error(answer.kind);
    return answer.candidates;
  };
  const renew = async (news: Partial<Candidacy> = {}): Promise<CandidateNews> => {
    const candidacy = { ...CANDIDACY, ...news };
    const answer = await subject.lease.renew({ podId: 'a', token, ttlMs: MINUTE, candidacy }, never);
    if (answer.kind !== 'renewed' || answer.candidates === undefined) throw new Error(answer.kind);
    return answer.candidates;
  };
  return { ...subject, token, ask, renew };
}

describe.each(adapters)('the notes of candidates in $name', ({ open }) => {
  it('names another count of changes when a candidate comes, changes or comes back, and only then', async () => {
    const { ask, renew } = await led(open);
    const { changes } = await renew();
    expect((await renew()).changes).toBe(changes);
    const come = await ask('b', { jobSet: '1-b' });
    expect(come.changes).not.toBe(changes);
    expect((await renew()).changes).toBe(come.changes);
    expect((await ask('b', { jobSet: '1-b' })).changes).toBe(come.changes);
    const other = await ask('b', { jobSet: '1-c' });
    expect(other.changes).not.toBe(come.changes);
    const distrusted = await ask('b', { jobSet: '1-c', distrustedUntil: 5 });
    expect(distrusted.changes).not.toBe(other.changes);
    const timed = await ask('b', {
      jobSet: '1-c',
      distrustedUntil: 5,
      intervalMs: 5 * SECOND,
      ttlMs: 15 * SECOND,
    });
    expect(timed.changes).not.toBe(distrusted.changes);
    const back = await ask('b', {
      jobSet: '1-c',
      distrustedUntil: 5,
      intervalMs: 5 * SECOND,
      ttlMs: 15 * SECOND,
      staleMs: -1,
    });
    expect(back.changes).not.toBe(timed.changes);
  });

  it('notes nothing of a candidate that has published no job set yet', async () => {
    const { ask, candidates } = await led(open);
    await ask('b', { jobSet: '' });
    expect((await candidates.candidates(never)).candidates.map(one => one.podId)).toEqual(['a']);
  });

  it('brings the note of the rival asked about', async () => {
    const { ask, renew } = await led(open);
    expect((await renew({ rival: 'b' })).rival).toBeUndefined();
    const news = { jobSet: '1-b', distrustedUntil: 7, intervalMs: 2 * SECOND, ttlMs: 6 * SECOND };
    await ask('b', news);
    const { rival } = await renew({ rival: 'b' });
    expect(rival).toMatchObject({ podId: 'b', state: 'up', ...news });
    expect(rival?.seenAt).toBeGreaterThanOrEqual(rival?.since ?? Infinity);
  });

  it('lists the candidates, with when they came first', async () => {
    const { ask, candidates } = await led(open);
    await ask('b', { jobSet: '1-b' });
    const before = await candidates.candidates(never);
    await ask('b', { jobSet: '1-c' });
    const after = await candidates.candidates(never);
    const of = (view: typeof after) => view.candidates.find(one => one.podId === 'b');
    expect(of(after)).toMatchObject({ jobSet: '1-c', since: of(before)?.since });
    expect(after.now).toBeGreaterThanOrEqual(of(after)?.seenAt ?? Infinity);
  });
});

describe.each(adapters)('drains, hand-overs and pages in $name', ({ open }) => {
  it('notes at once that a candidate drains, as a change', async () => {
    const { ask, renew, candidates } = await led(open);
    const { changes } = await ask('b', { jobSet: '1-b' });
    await candidates.mark('b', 'draining', never);
    const news = await renew({ rival: 'b' });
    expect(news.rival?.state).toBe('draining');
    expect(news.changes).not.toBe(changes);
    await candidates.mark('b', 'draining', never);
    expect((await renew()).changes).toBe(news.changes);
    await candidates.mark('unknown', 'draining', never);
    expect((await candidates.candidates(never)).candidates).toHaveLength(2);
  });

  it('remembers the last three hand-overs, and in what state who resigned is', async () => {
    const { lease, token, ask, candidates } = await led(open);
    expect((await ask('b')).handOvers).toEqual([]);
    await lease.resign({ podId: 'a', token, isHandOver: true }, never);
    const states = (await candidates.candidates(never)).candidates.map(one => one.state);
    expect(states).toEqual(['resting', 'up']);
    for (let count = 0; count < 4; count += 1) {
      const answer = await lease.acquire(
        {
          podId: 'a',
          ttlMs: MINUTE,
          endedToken: 0,
          evidence: false,
          watched: [],
          candidacy: CANDIDACY,
        },
        never,
      );
      const won = answer.kind === 'acquired' ? answer.token : 0;
      const held = await ask('b');
      expect(held.handOvers).toHaveLength(Math.min(3, count + 1));
      expect(held.handOvers).toEqual(held.handOvers.toSorted((a, b) => a - b));
      await lease.resign({ podId: 'a', token: won, isHandOver: true }, never);
    }
  });

  it('keeps pages, and says when one is not kept as it was', async () => {
    const { candidates, renew } = await led(open);
    const pages = ['one', 'second'];
    const jobSet = candidates.digestOf(pages);
    expect(candidates.pagesIn(jobSet)).toBe(2);
    expect(candidates.pagesIn('')).toBeUndefined();
    expect((await renew({ jobSet, page: { index: 1, bytes: 6 } })).isPageKept).toBe(false);
    for (const [index, text] of pages.entries()) await candidates.publish({ jobSet, index, text }, never);
    expect(await candidates.read(jobSet, 1, never)).toBe('second');
    expect(await candidates.read(jobSet, 2, never)).toBeUndefined();
    expect((await renew({ jobSet, page: { index: 1, bytes: 6 } })).isPageKept).toBe(true);
    expect((await renew({ jobSet, page: { index: 1, bytes: 5 } })).isPageKept).toBe(false);
  });
});

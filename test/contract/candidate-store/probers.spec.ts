import { expect, it } from '@jest/globals';

import type { Candidacy } from '../../../lib/ports/candidate-store.js';
import type { AcquireRequest } from '../../../lib/ports/lease-store.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { MINUTE } from '../../support/durations.js';
import { GARBAGE } from '../../support/garbage.js';
import { CANDIDACY, never, useCandidateStores } from './stores.js';

const { inRedis, redis } = useCandidateStores();
const AWAY_MS = CANDIDACY.staleMs;
const FIELDS = ['#prober1', '#prober2'] as const;

type Wish = Partial<AcquireRequest> & { readonly note?: Partial<Candidacy> };

/** `a` leads, the others follow. */
async function led() {
  const stores = await inRedis();
  const { lease, candidates, leaseKey } = stores;
  const key = `{${leaseKey}}:candidates`;
  const attempt = ({ podId = '', note, ...wish }: Wish) => {
    const request = {
      podId,
      ttlMs: MINUTE,
      endedToken: 0,
      evidence: false,
      watched: [],
      proberRank: 1,
    } as const;
    return lease.acquire({ ...request, candidacy: { ...CANDIDACY, ...note }, ...wish }, never);
  };
  const first = await attempt({ podId: 'a' });
  if (first.kind !== 'acquired') throw new Error(`not acquired: ${first.kind}`);
  const { token } = first;
  const asks = async (podId: string, wish: Wish = {}): Promise<boolean> => {
    const answer = await attempt({ podId, ...wish });
    if (answer.kind !== 'held') throw new Error(`not held: ${answer.kind}`);
    return answer.isProber;
  };
  /** The candidates that have the positions. */
  const positions = async () => {
    const values = await redis().hmget(key, ...FIELDS);
    return values.map(value => value?.split('|')[3]);
  };
  const set = (field: (typeof FIELDS)[number], agoMs: number, rest: string) =>
    redis().hset(key, field, `${Date.now() - agoMs}|${AWAY_MS}|${rest}`);
  return { lease, candidates, key, token, attempt, asks, positions, set };
}

describeWithRedis('the probers in Redis', () => {
  it('are the first two followers that ask', async () => {
    const { asks, positions } = await led();
    expect([await asks('b'), await asks('c'), await asks('d')]).toEqual([true, true, false]);
    expect(await positions()).toEqual(['b', 'c']);
    expect([await asks('d'), await asks('c'), await asks('b')]).toEqual([false, true, true]);
    expect(await positions()).toEqual(['b', 'c']);
  });

  it('lose their position when they are away, and not before', async () => {
    const { asks, positions, set } = await led();
    await set('#prober1', AWAY_MS - 10_000, '1|b');
    await set('#prober2', AWAY_MS + 10, '1|c');
    expect([await asks('d'), await asks('e')]).toEqual([true, false]);
    expect(await positions()).toEqual(['b', 'd']);
    // A renewal counts from then on.
    expect(await asks('b')).toBe(true);
    await set('#prober2', AWAY_MS + 10, '1|d');
    expect([await asks('c'), await asks('d')]).toEqual([true, false]);
    expect(await positions()).toEqual(['b', 'c']);
  });

  it('are away by their own interval, not by that of the one that asks', async () => {
    const { asks, set } = await led();
    await set('#prober1', AWAY_MS - 10_000, '1|b');
    await set('#prober2', AWAY_MS - 10_000, '1|c');
    expect(await asks('d', { note: { staleMs: 1000 } })).toBe(false);
  });
});

describeWithRedis('followers that probe in Redis', () => {
  it('leave it to others when they lead', async () => {
    const { lease, token, attempt, asks, positions } = await led();
    expect([await asks('b'), await asks('c'), await asks('d')]).toEqual([true, true, false]);
    await lease.resign({ podId: 'a', token }, never);
    expect(await attempt({ podId: 'b' })).toMatchObject({ kind: 'acquired' });
    expect([await asks('d'), await asks('e'), await asks('c')]).toEqual([true, false, true]);
    expect(await positions()).toEqual(['d', 'c']);
  });

  it('are no more when they do not want to, or shut down', async () => {
    const { candidates, asks, positions } = await led();
    expect([await asks('b'), await asks('c')]).toEqual([true, true]);
    expect(await asks('b', { proberRank: undefined })).toBe(false);
    expect(await positions()).toEqual([undefined, 'c']);
    expect(await asks('c', { note: { state: 'draining' } })).toBe(false);
    expect([await asks('d'), await asks('e'), await asks('c')]).toEqual([true, true, false]);
    await candidates.mark('d', 'up', never);
    expect(await positions()).toEqual(['d', 'e']);
    await candidates.mark('d', 'draining', never);
    expect(await positions()).toEqual([undefined, 'e']);
  });

  it('give way to a follower that knows no better candidate', async () => {
    const { asks, positions } = await led();
    const second = { proberRank: 2 } as const;
    expect([await asks('b', second), await asks('c', second), await asks('d', second)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([await asks('e'), await asks('f')]).toEqual([true, true]);
    expect((await positions()).toSorted((one, two) => String(one).localeCompare(String(two)))).toEqual([
      'e',
      'f',
    ]);
    expect([await asks('b', second), await asks('c')]).toEqual([false, false]);
    // One of them has learned of a better one.
    expect(await asks('e', second)).toBe(true);
    expect([await asks('b', second), await asks('c'), await asks('e', second)]).toEqual([false, true, false]);
  });
});

describeWithRedis('the positions of probers in Redis that were tampered with', () => {
  const sound = `${Date.now()}|4000|1|`;
  const values = {
    ...GARBAGE,
    future: `4102444800000|4000|1|x`,
    'no rank': `${sound.slice(0, 13)}|4000|x`,
    'no id': sound,
  };

  it.each(
    FIELDS.flatMap(field => Object.entries(values).map(([name, value]) => [field, name, value] as const)),
  )('is free: %s that reads %s', async (field, _, value) => {
    const { key, asks, positions } = await led();
    await redis().hset(key, field, value);
    expect([await asks('b'), await asks('c'), await asks('d')]).toEqual([true, true, false]);
    expect(await positions()).toEqual(['b', 'c']);
  });

  it('goes to no candidate twice', async () => {
    const { asks, positions, set } = await led();
    await set('#prober1', 0, '1|b');
    await set('#prober2', AWAY_MS - 10_000, '1|b');
    expect([await asks('b'), await asks('c')]).toEqual([true, false]);
    await set('#prober2', AWAY_MS + 10, '1|b');
    expect([await asks('b'), await asks('c')]).toEqual([true, true]);
    expect(await positions()).toEqual(['b', 'c']);
  });

  it('is found anew where their key has another type', async () => {
    const { key, asks, positions } = await led();
    await redis().set(key, 'x');
    expect([await asks('b'), await asks('c'), await asks('d')]).toEqual([true, true, false]);
    expect(await positions()).toEqual(['b', 'c']);
  });
});

describeWithRedis('a follower in Redis whose position cannot be kept', () => {
  it('probes', async () => {
    const { asks } = await led();
    for (const podId of ['b', 'c', 'd']) {
      // No time is known after which it would be away.
      expect(await asks(podId, { note: { staleMs: 0 } })).toBe(true);
      expect(await asks(podId, { proberRank: undefined })).toBe(false);
    }
  });
});

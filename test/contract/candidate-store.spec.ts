import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { RamLeaseStore } from '../../lib/adapters/ram/ram-lease-store.js';
import { createRedisStores, type RedisStores } from '../../lib/adapters/redis/create-redis-stores.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import type { Candidacy, CandidateNews, CandidateStore } from '../../lib/ports/candidate-store.js';
import type { LeaseStore } from '../../lib/ports/lease-store.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { RedisServer } from '../support/redis-server.js';
import { VirtualClock } from '../support/virtual-clock.js';

interface Subject {
  readonly lease: LeaseStore;
  readonly candidates: CandidateStore;
}

const never = new AbortController().signal;
const CANDIDACY: Candidacy = {
  jobSet: '1-a',
  state: 'up',
  distrustedUntil: 0,
  intervalMs: 3000,
  ttlMs: 10_000,
  rival: '',
  page: undefined,
  staleMs: 60_000,
};

/** The answers that every store of candidates gives. */
function answersAlike(makeSubject: () => Promise<Subject>): void {
  /** `a` leads, `b` asks. */
  const led = async () => {
    const subject = await makeSubject();
    const attempt = async (candidateId: string, told: Partial<Candidacy> = {}) =>
      subject.lease.acquire(
        {
          candidateId,
          ttlMs: 60_000,
          endedToken: 0,
          evidence: false,
          watched: [],
          candidacy: { ...CANDIDACY, ...told },
        },
        never,
      );
    const first = await attempt('a');
    const token = first.kind === 'acquired' ? first.token : 0;
    const ask = async (candidateId: string, told: Partial<Candidacy> = {}): Promise<CandidateNews> => {
      const answer = await attempt(candidateId, told);
      if (answer.kind !== 'held' || answer.candidates === undefined) throw new Error(answer.kind);
      return answer.candidates;
    };
    const renew = async (told: Partial<Candidacy> = {}): Promise<CandidateNews> => {
      const candidacy = { ...CANDIDACY, ...told };
      const answer = await subject.lease.renew({ candidateId: 'a', token, ttlMs: 60_000, candidacy }, never);
      if (answer.kind !== 'renewed' || answer.candidates === undefined) throw new Error(answer.kind);
      return answer.candidates;
    };
    return { ...subject, token, ask, renew };
  };

  it('names another count of changes when a candidate comes, changes or comes back, and only then', async () => {
    const { ask, renew } = await led();
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
    const timed = await ask('b', { jobSet: '1-c', distrustedUntil: 5, intervalMs: 5000, ttlMs: 15_000 });
    expect(timed.changes).not.toBe(distrusted.changes);
    const back = await ask('b', {
      jobSet: '1-c',
      distrustedUntil: 5,
      intervalMs: 5000,
      ttlMs: 15_000,
      staleMs: -1,
    });
    expect(back.changes).not.toBe(timed.changes);
  });

  it('notes nothing of a candidate that has told of no job set yet', async () => {
    const { ask, candidates } = await led();
    await ask('b', { jobSet: '' });
    expect((await candidates.candidates(never)).candidates.map(one => one.candidateId)).toEqual(['a']);
  });

  it('brings the note of the rival asked about', async () => {
    const { ask, renew } = await led();
    expect((await renew({ rival: 'b' })).rival).toBeUndefined();
    const told = { jobSet: '1-b', distrustedUntil: 7, intervalMs: 2000, ttlMs: 6000 };
    await ask('b', told);
    const { rival } = await renew({ rival: 'b' });
    expect(rival).toMatchObject({ candidateId: 'b', state: 'up', ...told });
    expect(rival?.seenAt).toBeGreaterThanOrEqual(rival?.since ?? Infinity);
  });

  it('lists the candidates, with when they came first', async () => {
    const { ask, candidates } = await led();
    await ask('b', { jobSet: '1-b' });
    const before = await candidates.candidates(never);
    await ask('b', { jobSet: '1-c' });
    const after = await candidates.candidates(never);
    const of = (view: typeof after) => view.candidates.find(one => one.candidateId === 'b');
    expect(of(after)).toMatchObject({ jobSet: '1-c', since: of(before)?.since });
    expect(after.now).toBeGreaterThanOrEqual(of(after)?.seenAt ?? Infinity);
  });

  it('notes at once that a candidate drains, as a change', async () => {
    const { ask, renew, candidates } = await led();
    const { changes } = await ask('b', { jobSet: '1-b' });
    await candidates.mark('b', 'draining', never);
    const told = await renew({ rival: 'b' });
    expect(told.rival?.state).toBe('draining');
    expect(told.changes).not.toBe(changes);
    await candidates.mark('b', 'draining', never);
    expect((await renew()).changes).toBe(told.changes);
    await candidates.mark('unknown', 'draining', never);
    expect((await candidates.candidates(never)).candidates).toHaveLength(2);
  });

  it('remembers the last three hand-overs, and in what state who resigned is', async () => {
    const { lease, token, ask, candidates } = await led();
    expect((await ask('b')).handOvers).toEqual([]);
    await lease.resign({ candidateId: 'a', token, isHandOver: true }, never);
    const states = (await candidates.candidates(never)).candidates.map(one => one.state);
    expect(states).toEqual(['resting', 'up']);
    for (let count = 0; count < 4; count += 1) {
      const answer = await lease.acquire(
        {
          candidateId: 'a',
          ttlMs: 60_000,
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
      await lease.resign({ candidateId: 'a', token: won, isHandOver: true }, never);
    }
  });

  it('keeps pages, and says when one is not kept as it was', async () => {
    const { candidates, renew } = await led();
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
}

describe('RamCandidateStore', () => {
  answersAlike(async () => {
    const clock = new VirtualClock(1_900_000_000_000);
    const lease = new RamLeaseStore(clock);
    return { lease, candidates: lease.candidates };
  });
});

describeWithRedis('RedisCandidateStore', () => {
  let server: RedisServer;
  let redis: Redis;
  const open: RedisStores[] = [];
  let count = 0;

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.url);
  });

  afterAll(async () => {
    redis.disconnect();
    await Promise.all(open.map(stores => stores.close()));
    await server.dispose();
  });

  const subject = async () => {
    const leaseKey = `candidates-${(count += 1)}`;
    const stores = createRedisStores({
      redis: server.url,
      leaseKey,
      commandTimeoutMs: 1000,
      clock: new SystemClock(),
      presenceOf: undefined,
      replicas: undefined,
    });
    open.push(stores);
    const connected = new Promise<void>(resolve => {
      stores.lease.watch(signal => {
        if (signal.kind === 'connected') resolve();
      });
    });
    stores.open();
    await Promise.all([connected, stores.ready()]);
    return { ...stores, leaseKey };
  };

  answersAlike(subject);

  it('forgets candidates after ten minutes, and notes that cannot be read', async () => {
    const { candidates, leaseKey } = await subject();
    const key = `{${leaseKey}}:candidates`;
    const now = Date.now();
    await redis.hset(key, {
      a: `${now}|${now}|1-a|up|0|3000|10000`,
      b: `${now - 601_000}|${now}|1-a|up|0|3000|10000`,
      c: 'nan',
      d: `${now}|${now}|1-a|up|nan|3000|10000`,
      e: `${now}|${now}|1-a|up|0`,
      f: `${now}|${now}|1-a|up|0|3000|86400001`,
      g: `${now}|${now}|1-a|up|0|1e300|10000`,
      '#changes': '7',
    });
    expect((await candidates.candidates(never)).candidates.map(one => one.candidateId)).toEqual(['a']);
    expect(Object.keys(await redis.hgetall(key)).sort()).toEqual(['#changes', 'a']);
  });

  it('loses no lease by keys of another type, and begins a tampered count anew', async () => {
    const { lease, candidates, leaseKey } = await subject();
    const key = `{${leaseKey}}:candidates`;
    await redis.set(key, 'nan');
    const request = { candidateId: 'a', ttlMs: 60_000, endedToken: 0, evidence: false, watched: [] };
    const answer = await lease.acquire({ ...request, candidacy: CANDIDACY }, never);
    expect(answer.kind).toBe('acquired');
    const token = answer.kind === 'acquired' ? answer.token : 0;
    const renewal = { candidateId: 'a', token, ttlMs: 60_000, candidacy: CANDIDACY };
    expect(await lease.renew(renewal, never)).toMatchObject({ kind: 'renewed' });
    expect((await candidates.candidates(never)).candidates).toMatchObject([{ candidateId: 'a' }]);
    await redis.del(key);
    await redis.hset(key, { '#changes': 'nan', a: 'inf|nan|x', '#handOvers': 'nan,1e300' });
    const news = await lease.renew(renewal, never);
    expect(news.kind === 'renewed' && Number(news.candidates?.changes)).toBeGreaterThan(0);
    expect(news.kind === 'renewed' && news.candidates?.handOvers).toEqual([]);
    expect((await candidates.candidates(never)).candidates).toHaveLength(1);
  });

  it('lets the note of a candidate that came in the future begin now', async () => {
    const { lease, candidates, leaseKey } = await subject();
    await redis.hset(`{${leaseKey}}:candidates`, 'a', `1|4102444800000|1-a|up|0|3000|10000`);
    const request = { candidateId: 'a', ttlMs: 60_000, endedToken: 0, evidence: false, watched: [] };
    await lease.acquire({ ...request, candidacy: CANDIDACY }, never);
    const view = await candidates.candidates(never);
    expect(view.candidates[0]?.since).toBeLessThanOrEqual(view.now);
  });

  it('keeps a page for an hour from its last use', async () => {
    const { lease, candidates, leaseKey } = await subject();
    await candidates.publish({ jobSet: '1-a', index: 0, text: 'page' }, never);
    const key = `{${leaseKey}}:jobset:1-a:0`;
    expect(await redis.pttl(key)).toBeGreaterThan(3_590_000);
    await redis.pexpire(key, 1000);
    const request = { candidateId: 'a', ttlMs: 60_000, endedToken: 0, evidence: false, watched: [] };
    await lease.acquire({ ...request, candidacy: { ...CANDIDACY, page: { index: 0, bytes: 4 } } }, never);
    expect(await redis.pttl(key)).toBeGreaterThan(3_590_000);
  });
});

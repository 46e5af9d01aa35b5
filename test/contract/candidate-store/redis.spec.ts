import { expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR, MINUTE, SECOND } from '../../support/durations.js';
import { CANDIDACY, never, useCandidateStores } from './stores.js';

const { inRedis, redis } = useCandidateStores();

describeWithRedis('the candidates in Redis', () => {
  it('forgets candidates after ten minutes, and notes that cannot be read', async () => {
    const { candidates, leaseKey } = await inRedis();
    const key = `{${leaseKey}}:candidates`;
    const now = Date.now();
    await redis().hset(key, {
      a: `${now}|${now}|1-a|up|0|3000|10000`,
      b: `${now - 601 * SECOND}|${now}|1-a|up|0|3000|10000`,
      c: 'nan',
      d: `${now}|${now}|1-a|up|nan|3000|10000`,
      e: `${now}|${now}|1-a|up|0`,
      f: `${now}|${now}|1-a|up|0|3000|86400001`,
      g: `${now}|${now}|1-a|up|0|1e300|10000`,
      '#changes': '7',
    });
    expect((await candidates.candidates(never)).candidates.map(one => one.podId)).toEqual(['a']);
    expect(Object.keys(await redis().hgetall(key)).sort()).toEqual(['#changes', 'a']);
  });

  it('loses no lease by keys of another type, and begins a tampered count anew', async () => {
    const { lease, candidates, leaseKey } = await inRedis();
    const key = `{${leaseKey}}:candidates`;
    await redis().set(key, 'nan');
    const request = { podId: 'a', ttlMs: MINUTE, endedToken: 0, evidence: false, watched: [] };
    const answer = await lease.acquire({ ...request, candidacy: CANDIDACY }, never);
    expect(answer.kind).toBe('acquired');
    const token = answer.kind === 'acquired' ? answer.token : 0;
    const renewal = { podId: 'a', token, ttlMs: MINUTE, candidacy: CANDIDACY };
    expect(await lease.renew(renewal, never)).toMatchObject({ kind: 'renewed' });
    expect((await candidates.candidates(never)).candidates).toMatchObject([{ podId: 'a' }]);
    await redis().del(key);
    await redis().hset(key, { '#changes': 'nan', a: 'inf|nan|x', '#handOvers': 'nan,1e300' });
    const news = await lease.renew(renewal, never);
    expect(news.kind === 'renewed' && Number(news.candidates?.changes)).toBeGreaterThan(0);
    expect(news.kind === 'renewed' && news.candidates?.handOvers).toEqual([]);
    expect((await candidates.candidates(never)).candidates).toHaveLength(1);
  });

  it('lets the note of a candidate that came in the future begin now', async () => {
    const { lease, candidates, leaseKey } = await inRedis();
    await redis().hset(`{${leaseKey}}:candidates`, 'a', `1|4102444800000|1-a|up|0|3000|10000`);
    const request = { podId: 'a', ttlMs: MINUTE, endedToken: 0, evidence: false, watched: [] };
    await lease.acquire({ ...request, candidacy: CANDIDACY }, never);
    const view = await candidates.candidates(never);
    expect(view.candidates[0]?.since).toBeLessThanOrEqual(view.now);
  });

  it('keeps a page for an hour from its last use', async () => {
    const { lease, candidates, leaseKey } = await inRedis();
    await candidates.publish({ jobSet: '1-a', index: 0, text: 'page' }, never);
    const key = `{${leaseKey}}:jobset:1-a:0`;
    expect(await redis().pttl(key)).toBeGreaterThan(HOUR - 10 * SECOND);
    await redis().pexpire(key, SECOND);
    const request = { podId: 'a', ttlMs: MINUTE, endedToken: 0, evidence: false, watched: [] };
    await lease.acquire({ ...request, candidacy: { ...CANDIDACY, page: { index: 0, bytes: 4 } } }, never);
    expect(await redis().pttl(key)).toBeGreaterThan(HOUR - 10 * SECOND);
  });
});

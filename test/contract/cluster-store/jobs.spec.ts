import { describe, expect, it } from '@jest/globals';

import { ALL_JOBS } from '../../../lib/ports/control-store.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR } from '../../support/durations.js';
import type { RunStores } from '../../support/run-stores.js';
import { A, B, LONG, never, openLed, useClusterStores } from './stores.js';

const SHORT = 25;
const RETENTION = { keep: 100, maxAgeMs: HOUR };
const { adapters, openRedisLab, redisServer } = useClusterStores();

async function runOnce(stores: RunStores, job: string) {
  const { runs } = stores;
  const ref = { job, tick: await stores.now(), runId: 'x', manual: false };
  const policy = { intent: 'run', reason: '', overlap: 'skip', recover: false } as const;
  const claims = [{ ...ref, ...policy, retention: RETENTION, facts: {} }];
  await runs.claim({ ...A, lockMs: LONG, claims }, never);
  const end = { state: 'succeeded', attempt: 1, retention: RETENTION, facts: { ms: 5 } } as const;
  await runs.finish([{ ...ref, ...end }], never);
  return ref;
}

const announce = ({ cluster }: RunStores, jobs: readonly string[]) =>
  cluster.announce({ ...A, jobs: jobs.map(job => ({ job, description: `of ${job}` })) }, never);
const announced = async ({ cluster }: RunStores) => [...(await cluster.announced(never)).keys()].sort();

describe.each(adapters)('the announced jobs in $name', ({ openLab }) => {
  it('knows the jobs that the leader announced last, and no others', async () => {
    const stores = await openLed(openLab);
    expect(await announced(stores)).toEqual([]);
    await announce(stores, ['one', 'two']);
    await announce(stores, ['two', 'three']);
    expect(await announced(stores)).toEqual(['three', 'two']);
    expect((await stores.cluster.announced(never)).get('two')).toBe('of two');
    await announce(stores, []);
    expect(await announced(stores)).toEqual([]);
  });

  it('takes names that are words of other tongues, of scripts and of prototypes', async () => {
    const stores = await openLed(openLab);
    const names = ['Überweisung', '__proto__', 'constructor', 'a|b', 'a b'].sort();
    await announce(stores, names);
    expect(await announced(stores)).toEqual(names);
  });
});

describe.each(adapters)('the states of jobs in $name', ({ openLab }) => {
  it('says how jobs stand, in the order asked', async () => {
    const stores = await openLed(openLab);
    const jobs = ['ran', 'new', 'opened'].map(job => ({ job, schedule: 's' }));
    await stores.runs.open({ ...A, jobs: jobs.filter(({ job }) => job !== 'new') }, never);
    await stores.pass(1);
    const ref = await runOnce(stores, 'ran');
    await stores.control.reschedule('new', 'o', never);
    const {
      now,
      pause,
      jobs: found,
    } = await stores.cluster.states(['new', 'ran', 'opened', 'no-such'], never);
    expect(now).toBeGreaterThanOrEqual(ref.tick);
    expect(pause).toBeUndefined();
    const nothing = { watermark: undefined, pause: undefined, override: '', lastRun: undefined };
    expect(found).toEqual([
      { ...nothing, override: 'o' },
      {
        ...nothing,
        watermark: { watermark: expect.any(Number), schedule: 's' },
        lastRun: expect.objectContaining({ runId: 'x', state: 'succeeded', facts: { ms: 5 } }),
      },
      { ...nothing, watermark: { watermark: expect.any(Number), schedule: 's' } },
      nothing,
    ]);
  });

  it('shows pauses that go on, and none that are over', async () => {
    const stores = await openLed(openLab);
    await stores.control.pause({ job: 'job', forMs: LONG, reason: 'a | b' }, never);
    await stores.control.pause({ job: ALL_JOBS, forMs: Infinity, reason: '' }, never);
    const states = await stores.cluster.states(['job'], never);
    expect(states.pause).toMatchObject({ until: Infinity, reason: '' });
    expect(states.jobs[0]?.pause).toMatchObject({ reason: 'a | b' });
    await stores.control.pause({ job: 'job', forMs: SHORT, reason: 'a | b' }, never);
    await stores.pass(SHORT);
    await stores.control.resume(ALL_JOBS, never);
    const later = await stores.cluster.states(['job'], never);
    expect([later.pause, later.jobs[0]?.pause]).toEqual([undefined, undefined]);
  });

  it('knows nothing of a request that was not made', async () => {
    const stores = await openLed(openLab);
    expect(await stores.cluster.outcome({ id: 'r', job: 'job', tick: 5 }, never)).toEqual({ kind: 'gone' });
  });
});

describeWithRedis('the announced jobs in Redis', () => {
  it('does not listen to who does not lead', async () => {
    const stores = await openRedisLab();
    await stores.lead(A.podId, A.token);
    const announceJobs = (jobs: readonly string[], term = A) =>
      stores.cluster.announce({ ...term, jobs: jobs.map(job => ({ job, description: '' })) }, never);
    const announcedJobs = async () => [...(await stores.cluster.announced(never)).keys()];
    await announceJobs(['one']);
    await stores.lead(B.podId, B.token);
    await announceJobs(['two']);
    expect(await announcedJobs()).toEqual(['one']);
    await announceJobs(['three'], B);
    expect(await announcedJobs()).toEqual(['three']);
  });

  it('announces more jobs than go into one call', async () => {
    const stores = await openRedisLab();
    await stores.lead(A.podId, A.token);
    const jobs = Array.from({ length: 501 }, (_, at) => ({ job: `job-${at}`, description: '' }));
    await stores.cluster.announce({ ...A, jobs }, never);
    expect((await stores.cluster.announced(never)).size).toBe(501);
    const names = jobs.map(({ job }) => job);
    await stores.control.reschedule('job-500', 'o', never);
    const { jobs: states } = await stores.cluster.states(names, never);
    expect(states.map(({ override }) => override).indexOf('o')).toBe(500);
  });

  it('what was announced of jobs is announced anew', async () => {
    const stores = await openRedisLab();
    await stores.lead(A.podId, A.token);
    await redisServer().command('SET', stores.keys.specs, 'garbage');
    expect(await stores.cluster.announced(never)).toEqual(new Map());
    await stores.cluster.announce({ ...A, jobs: [{ job: 'job', description: 'd' }] }, never);
    expect(await stores.cluster.announced(never)).toEqual(new Map([['job', 'd']]));
  });

  it('nothing is known of the job whose key it was, and all of the others', async () => {
    const stores = await openRedisLab();
    await stores.lead(A.podId, A.token);
    await redisServer().command('SET', stores.keys.job('bad'), 'garbage');
    await redisServer().command('HSET', stores.keys.job('odd'), 'hwm', 'x', 'lastRun', 'y', 'barredAt', 'z');
    await stores.control.pause({ job: 'good', forMs: LONG, reason: '' }, never);
    const { jobs } = await stores.cluster.states(['bad', 'odd', 'good'], never);
    expect(jobs[0]).toMatchObject({ watermark: undefined, pause: undefined, lastRun: undefined });
    expect(jobs[1]).toMatchObject({ watermark: { watermark: 0 }, lastRun: { state: 'unreadable' } });
    expect(jobs[2]?.pause).toBeDefined();
  });

  it('a request has no outcome that could be read', async () => {
    const stores = await openRedisLab();
    const request = { id: 'r', job: 'job', tick: 5 };
    await redisServer().command('HSET', stores.keys.runs('job'), '5@r', 'garbage');
    expect(await stores.cluster.outcome(request, never)).toEqual({ kind: 'gone' });
  });
});

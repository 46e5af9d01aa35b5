import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { RamClusterStore } from '../../lib/adapters/ram/ram-cluster-store.js';
import { RamJobs } from '../../lib/adapters/ram/ram-jobs.js';
import { candidacyArgs } from '../../lib/adapters/redis/codec/candidate-codec.js';
import { acquireLease, renewLease, run } from '../../lib/adapters/redis/redis-scripts.js';
import { createConnection } from '../../lib/adapters/redis/connection/create-connection.js';
import type { RedisConnection } from '../../lib/adapters/redis/connection/redis-connection.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import { parseRenew } from '../../lib/adapters/redis/codec/lease-codec.js';
import { ALL_JOBS } from '../../lib/ports/control-store.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { RedisServer } from '../support/redis-server.js';
import { ramRunStores, redisRunStores, type RedisRunStores, type RunStores } from '../support/run-stores.js';
import { VirtualClock } from '../support/virtual-clock.js';

const never = new AbortController().signal;
const LONG = 60_000;
const SHORT = 25;
const RETENTION = { keep: 100, maxAgeMs: 3_600_000 };
const A = { candidateId: 'a', token: 7 };
const B = { candidateId: 'b', token: 8 };

async function runOnce(stores: RunStores, job: string) {
  const { runs } = stores;
  const run = { job, tick: await stores.now(), runId: 'x', manual: false };
  const policy = { intent: 'run', reason: '', overlap: 'skip', recover: false } as const;
  const claims = [{ ...run, ...policy, retention: RETENTION, facts: {} }];
  await runs.claim({ ...A, lockMs: LONG, claims }, never);
  const end = { state: 'succeeded', attempt: 1, retention: RETENTION, facts: { ms: 5 } } as const;
  await runs.finish([{ ...run, ...end }], never);
  return run;
}

/** What every cluster store answers. */
function answersAlike(makeStores: () => Promise<RunStores>): void {
  const stores = async () => {
    const made = await makeStores();
    await made.lead(A.candidateId, A.token);
    return made;
  };

  const announce = ({ cluster }: RunStores, jobs: readonly string[]) =>
    cluster.announce({ ...A, jobs: jobs.map(job => ({ job, description: `of ${job}` })) }, never);
  const announced = async ({ cluster }: RunStores) => [...(await cluster.announced(never)).keys()].sort();

  it('knows the jobs that the leader told of last, and no others', async () => {
    const it = await stores();
    expect(await announced(it)).toEqual([]);
    await announce(it, ['one', 'two']);
    await announce(it, ['two', 'three']);
    expect(await announced(it)).toEqual(['three', 'two']);
    expect((await it.cluster.announced(never)).get('two')).toBe('of two');
    await announce(it, []);
    expect(await announced(it)).toEqual([]);
  });

  it('takes names that are words of other tongues, of scripts and of prototypes', async () => {
    const it = await stores();
    const names = ['Überweisung', '__proto__', 'constructor', 'a|b', 'a b'].sort();
    await announce(it, names);
    expect(await announced(it)).toEqual(names);
  });

  it('says how jobs stand, in the order asked', async () => {
    const it = await stores();
    const jobs = ['ran', 'new', 'opened'].map(job => ({ job, schedule: 's' }));
    await it.runs.open({ ...A, jobs: jobs.filter(({ job }) => job !== 'new') }, never);
    await it.pass(1);
    const run = await runOnce(it, 'ran');
    await it.control.reschedule('new', 'o', never);
    const { now, pause, jobs: found } = await it.cluster.states(['new', 'ran', 'opened', 'no-such'], never);
    expect(now).toBeGreaterThanOrEqual(run.tick);
    expect(pause).toBeUndefined();
    const nothing = { mark: undefined, pause: undefined, order: '', lastRun: undefined };
    expect(found).toEqual([
      { ...nothing, order: 'o' },
      {
        ...nothing,
        mark: { mark: expect.any(Number), schedule: 's' },
        lastRun: expect.objectContaining({ runId: 'x', state: 'succeeded', facts: { ms: 5 } }),
      },
      { ...nothing, mark: { mark: expect.any(Number), schedule: 's' } },
      nothing,
    ]);
  });

  it('shows pauses that go on, and none that are over', async () => {
    const it = await stores();
    await it.control.pause({ job: 'job', forMs: LONG, reason: 'a | b' }, never);
    await it.control.pause({ job: ALL_JOBS, forMs: Infinity, reason: '' }, never);
    const states = await it.cluster.states(['job'], never);
    expect(states.pause).toMatchObject({ until: Infinity, reason: '' });
    expect(states.jobs[0]?.pause).toMatchObject({ reason: 'a | b' });
    await it.control.pause({ job: 'job', forMs: SHORT, reason: 'a | b' }, never);
    await it.pass(SHORT);
    await it.control.resume(ALL_JOBS, never);
    const later = await it.cluster.states(['job'], never);
    expect([later.pause, later.jobs[0]?.pause]).toEqual([undefined, undefined]);
  });

  it('knows nothing of a request that nobody made', async () => {
    const it = await stores();
    expect(await it.cluster.outcome({ id: 'r', job: 'job', tick: 5 }, never)).toEqual({ kind: 'gone' });
  });
}

describe('the cluster in memory', () => {
  answersAlike(async () => ramRunStores());

  it('is one process, which is seen now', async () => {
    const clock = new VirtualClock();
    const cluster = new RamClusterStore(new RamJobs(clock), 'me', '1.2.3');
    const since = clock.now().wallMs;
    await clock.advance(5000);
    await cluster.leave();
    const pod = { candidateId: 'me', since, seenAt: since + 5000, version: '1.2.3', aheadMs: 0 };
    expect(await cluster.pods()).toEqual({ now: since + 5000, pods: [pod] });
  });
});

describeWithRedis('the cluster in Redis', () => {
  let server: RedisServer;
  let labs = 0;
  const open: RedisRunStores[] = [];
  let connection: RedisConnection;

  const makeStores = async () => {
    const stores = await redisRunStores(server, `cluster-${(labs += 1)}`);
    open.push(stores);
    return stores;
  };

  /** As an elector does with each attempt. */
  const acquire = ({ keys }: RedisRunStores, id: string, ahead: number | '' = '', version = '') =>
    run(
      connection.client,
      acquireLease,
      [keys.lease, keys.term, keys.fence, keys.pods, keys.control, keys.candidates, keys.candidates],
      [id, LONG, keys.alive, '0', 250, 0, ahead, version, ...candidacyArgs(undefined)],
    );
  const renew = async ({ keys }: RedisRunStores, id: string, token: number) =>
    parseRenew(
      await run(
        connection.client,
        renewLease,
        [keys.lease, keys.term, keys.unfinished, keys.requests, keys.control, keys.pods].concat(
          keys.candidates,
          keys.candidates,
          keys.jobs,
        ),
        [id, token, LONG, keys.alive, '', '', ...candidacyArgs(undefined)],
      ),
    );

  beforeAll(async () => {
    server = await RedisServer.start();
    const options = { redis: server.url, leaseKey: 'any', commandTimeoutMs: 1000, clock: new SystemClock() };
    connection = createConnection('lease', options);
    connection.open();
    await connection.opened;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(stores => stores.close()));
  });
  afterAll(async () => {
    await connection.close();
    await server.dispose();
  });

  answersAlike(makeStores);

  it('does not listen to who does not lead', async () => {
    const it = await makeStores();
    await it.lead(A.candidateId, A.token);
    const tell = (jobs: readonly string[], term = A) =>
      it.cluster.announce({ ...term, jobs: jobs.map(job => ({ job, description: '' })) }, never);
    const told = async () => [...(await it.cluster.announced(never)).keys()];
    await tell(['one']);
    await it.lead(B.candidateId, B.token);
    await tell(['two']);
    expect(await told()).toEqual(['one']);
    await tell(['three'], B);
    expect(await told()).toEqual(['three']);
  });

  it('tells of more jobs than go into one call', async () => {
    const it = await makeStores();
    await it.lead(A.candidateId, A.token);
    const jobs = Array.from({ length: 501 }, (_, at) => ({ job: `job-${at}`, description: '' }));
    await it.cluster.announce({ ...A, jobs }, never);
    expect((await it.cluster.announced(never)).size).toBe(501);
    const names = jobs.map(({ job }) => job);
    await it.control.reschedule('job-500', 'o', never);
    const { jobs: states } = await it.cluster.states(names, never);
    expect(states.map(({ order }) => order).indexOf('o')).toBe(500);
  });

  it('knows the candidates from their attempts, with version, clock, and when they came', async () => {
    const it = await makeStores();
    await acquire(it, 'one', -7, '1.0.0|beta');
    const first = (await it.cluster.pods(never)).pods[0];
    await it.pass(3);
    await acquire(it, 'two');
    await acquire(it, 'one', 12, '1.0.1');
    const { now, pods } = await it.cluster.pods(never);
    expect(first).toMatchObject({ candidateId: 'one', version: '1.0.0|beta', aheadMs: -7 });
    expect(pods.map(({ candidateId, version, aheadMs }) => [candidateId, version, aheadMs])).toEqual([
      ['one', '1.0.1', 12],
      ['two', '', undefined],
    ]);
    expect(pods[0]?.since).toBe(first?.since);
    expect(pods[0]?.seenAt).toBeGreaterThanOrEqual(pods[1]?.seenAt ?? Infinity);
    expect(now).toBeGreaterThanOrEqual(pods[0]?.seenAt ?? Infinity);
  });

  it('forgets who leaves at once, and who was not seen for ten minutes with the next renewal', async () => {
    const it = await makeStores();
    const [, , token] = (await acquire(it, 'leader')) as string[];
    await acquire(it, 'gone');
    await it.cluster.leave('gone', never);
    await it.cluster.leave('gone', never);
    const now = await it.now();
    await server.command(
      'HSET',
      it.keys.pods,
      'dead',
      `${now - 600_001}|5||1`,
      'late',
      `${now - 500_000}|5||1`,
    );
    const ids = async () => (await it.cluster.pods(never)).pods.map(({ candidateId }) => candidateId);
    expect(await ids()).toEqual(['late', 'leader']);
    expect(await server.command('HEXISTS', it.keys.pods, 'dead')).toBe(1);
    await renew(it, 'leader', Number(token));
    expect(await server.command('HEXISTS', it.keys.pods, 'dead')).toBe(0);
    expect(await ids()).toEqual(['late', 'leader']);
  });

  it('tells a renewal of requests, of new schedules, and of a wish to resign that is meant for it', async () => {
    const it = await makeStores();
    const [, , word] = (await acquire(it, 'leader')) as string[];
    const token = Number(word);
    expect(await renew(it, 'leader', token)).toMatchObject({ requests: 0, orders: 0, shouldResign: false });
    await it.control.requestRun({ id: 'r', job: 'job' }, never);
    await it.control.reschedule('job', 'o', never);
    await it.control.reschedule('job', 'o', never);
    await server.command('HSET', it.keys.control, 'resign', token - 1);
    expect(await renew(it, 'leader', token)).toMatchObject({ requests: 1, orders: 1, shouldResign: false });
    await server.command('HSET', it.keys.control, 'resign', token);
    expect(await renew(it, 'leader', token)).toMatchObject({ shouldResign: true });
  });

  describe('where keys were tampered with', () => {
    it('the election goes on, and notes anew who competes', async () => {
      const it = await makeStores();
      await server.command('SET', it.keys.pods, 'garbage');
      const [, kind, token] = (await acquire(it, 'one')) as string[];
      expect(kind).toBe('acquired');
      for (const key of [it.keys.requests, it.keys.control]) await server.command('SET', key, 'garbage');
      expect(await renew(it, 'one', Number(token))).toMatchObject({
        kind: 'renewed',
        requests: 0,
        orders: 0,
      });
      expect((await it.cluster.pods(never)).pods.map(({ candidateId }) => candidateId)).toEqual(['one']);
    });

    it('notes of candidates that cannot be read are left out, and forgotten', async () => {
      const it = await makeStores();
      const [, , token] = (await acquire(it, 'one')) as string[];
      await server.command('HSET', it.keys.pods, 'x', 'garbage', 'y', '', 'z', '|||');
      await renew(it, 'one', Number(token));
      expect((await it.cluster.pods(never)).pods.map(({ candidateId }) => candidateId)).toEqual(['one']);
      expect(await server.command('HLEN', it.keys.pods)).toBe(1);
    });

    it('what was told of jobs is told anew', async () => {
      const it = await makeStores();
      await it.lead(A.candidateId, A.token);
      await server.command('SET', it.keys.specs, 'garbage');
      expect(await it.cluster.announced(never)).toEqual(new Map());
      await it.cluster.announce({ ...A, jobs: [{ job: 'job', description: 'd' }] }, never);
      expect(await it.cluster.announced(never)).toEqual(new Map([['job', 'd']]));
    });

    it('nothing is known of the job whose key it was, and all of the others', async () => {
      const it = await makeStores();
      await it.lead(A.candidateId, A.token);
      await server.command('SET', it.keys.job('bad'), 'garbage');
      await server.command('HSET', it.keys.job('odd'), 'hwm', 'x', 'lastRun', 'y', 'barredAt', 'z');
      await it.control.pause({ job: 'good', forMs: LONG, reason: '' }, never);
      const { jobs } = await it.cluster.states(['bad', 'odd', 'good'], never);
      expect(jobs[0]).toMatchObject({ mark: undefined, pause: undefined, lastRun: undefined });
      expect(jobs[1]).toMatchObject({ mark: { mark: 0 }, lastRun: { state: 'unreadable' } });
      expect(jobs[2]?.pause).toBeDefined();
    });

    it('a request has no outcome that could be read', async () => {
      const it = await makeStores();
      const request = { id: 'r', job: 'job', tick: 5 };
      await server.command('HSET', it.keys.runs('job'), '5@r', 'garbage');
      expect(await it.cluster.outcome(request, never)).toEqual({ kind: 'gone' });
    });
  });
});

import { RedisCandidateStore } from '../../../lib/adapters/redis/redis-candidate-store.js';
import { RedisClusterStore } from '../../../lib/adapters/redis/redis-cluster-store.js';
import { RedisConnection } from '../../../lib/adapters/redis/connection/redis-connection.js';
import { RedisControlStore } from '../../../lib/adapters/redis/redis-control-store.js';
import { RedisHistoryStore } from '../../../lib/adapters/redis/redis-history-store.js';
import { RedisLeaseStore } from '../../../lib/adapters/redis/redis-lease-store.js';
import { RedisRunStore } from '../../../lib/adapters/redis/redis-run-store.js';
import { UNFINISHED_A_PAGE } from '../../../lib/adapters/redis/unfinished-runs.js';
import type { Candidacy } from '../../../lib/ports/candidate-store.js';
import type { Claim } from '../../../lib/ports/run-store.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { jobName, KEYS, TERM } from './growing-data.js';
import type { MeteredRedis } from './metered-redis.js';

const never = new AbortController().signal;
const LOCK_MS = 10_000;
const DAY_MS = 86_400_000;
/** More than one call of each script takes. */
const MANY = 300;
const RETENTION = { keep: 2, maxAgeMs: 3_600_000 };
const POD = { version: '1.0.0', aheadMs: 0 };
const CANDIDACY: Candidacy = {
  jobSet: '1-a',
  state: 'up',
  distrustedUntil: 0,
  rival: 'pod-1',
  page: { index: 0, bytes: 2 },
  staleMs: 1000,
  intervalMs: 3000,
  ttlMs: 10_000,
};

export type Operations = Readonly<Record<string, () => Promise<unknown>>>;

/** All that the adapters ask a Redis. */
export function operationsOn(redis: MeteredRedis): Operations {
  return { ...electionOn(redis), ...runsOn(redis), ...viewsOn(redis) };
}

export function connectionTo(redis: MeteredRedis): RedisConnection {
  const connection = new RedisConnection({
    make: () => redis.client,
    verify: () => Promise.resolve(),
    clock: new VirtualClock(),
    openLimitMs: 1000,
    silenceMs: 3000,
  });
  connection.open();
  return connection;
}

function electionOn(redis: MeteredRedis): Operations {
  const connection = connectionTo(redis);
  const lease = new RedisLeaseStore({ lease: connection, events: undefined, keys: KEYS });
  const candidates = new RedisCandidateStore(connection, KEYS);
  const news = { ttlMs: 10_000, pod: POD, candidacy: CANDIDACY };
  const watched = Array.from({ length: 20 }, (_, number) => jobName(number));
  const asked = { podId: 'other', endedToken: 0, evidence: true, proberRank: 1, watched, ...news } as const;
  return {
    'acquire, held': () => lease.acquire(asked, never),
    probe: () => lease.probe(TERM, never),
    renew: () => lease.renew({ ...TERM, ...news }, never),
    'renew where HRANDFIELD is forbidden': async () => {
      redis.double.forbidden.add('HRANDFIELD');
      await lease.renew({ ...TERM, ...news }, never);
      redis.double.forbidden.clear();
    },
    'read the lease': () => lease.read(never),
    'ask to resign': () => lease.requestResignation(1, '', never),
    'mark a candidate': () => candidates.mark('pod-1', 'draining', never),
    'read the candidates': () => candidates.candidates(never),
    'resign, acquire': async () => {
      await lease.resign({ ...TERM, isHandOver: true }, never);
      await lease.acquire({ ...asked, podId: TERM.podId }, never);
      redis.execute('SET', KEYS.lease, `${TERM.podId}|${TERM.token}`, 'PX', 10_000_000);
    },
  };
}

function runsOn(redis: MeteredRedis): Operations {
  const connection = connectionTo(redis);
  const runs = new RedisRunStore(connection, KEYS, { commandTimeoutMs: 1000 });
  const names = Array.from({ length: MANY }, (_, number) => jobName(number));
  const jobs = names.map(job => ({ job, schedule: 's' }));
  const claims = names.map(job => claimOf(job, redis.nowMs + 10));
  const request = { ...TERM, lockMs: LOCK_MS };
  const adopt = async (wish: 'recover' | 'abandon') => {
    const { runs: page } = await runs.unfinished('', never);
    const orphans = page.map(orphan => {
      const rest = { wish, runId: `new-${orphan.runId}`, retention: RETENTION, facts: {} };
      return { orphan, ...rest };
    });
    await runs.adopt({ ...request, orphans }, never);
  };
  return {
    open: () => runs.open({ ...TERM, jobs }, never),
    'open with another schedule': () =>
      runs.open({ ...TERM, jobs: jobs.map(({ job }) => ({ job, schedule: 't' })) }, never),
    claim: () => runs.claim({ ...request, claims }, never),
    'claim, blocked': () =>
      runs.claim({ ...request, claims: names.map(job => claimOf(job, redis.nowMs + 20)) }, never),
    heartbeat: () => runs.heartbeat({ lockMs: LOCK_MS, runs: claims }, never),
    release: () => runs.release({ ...claimOf('job-0', redis.nowMs + 10), manual: false }, never),
    finish: () =>
      runs.finish(
        claims.map(run => ({ ...run, state: 'succeeded', attempt: 1 })),
        never,
      ),
    'list the unfinished': () => runs.unfinished('', never),
    'list the unfinished behind a page': async () => {
      const { next = '' } = await runs.unfinished('', never);
      await runs.unfinished(next, never);
    },
    'list the unfinished behind one that has gone': () =>
      runs.unfinished(`${redis.nowMs}|${redis.nowMs - UNFINISHED_A_PAGE}|gone`, never),
    recover: () => adopt('recover'),
    abandon: async () => {
      redis.nowMs += 2 * LOCK_MS;
      await adopt('abandon');
    },
  };
}

function viewsOn(redis: MeteredRedis): Operations {
  const connection = connectionTo(redis);
  const control = new RedisControlStore(connection, KEYS);
  const cluster = new RedisClusterStore(connection, KEYS);
  const history = new RedisHistoryStore(connection, KEYS);
  const names = Array.from({ length: MANY }, (_, number) => jobName(number));
  const kept = { leastMs: 7 * DAY_MS, mostMs: 30 * DAY_MS, unknownMs: 7 * DAY_MS };
  // The first one has the records that grow.
  const sweep = { ...TERM, absent: names, present: names, kept };
  const run = { job: 'job-1', tick: redis.nowMs, runId: 'r', manual: false };
  return {
    pause: () => control.pause({ job: 'job-1', forMs: 1000, reason: '' }, never),
    'request a run': () => control.requestRun({ id: 'asked', job: 'job-1' }, never),
    'request starts': () =>
      control.requestStarts(
        { ...TERM, starts: names.map(job => ({ job, handle: 'start:now', keptMs: DAY_MS })) },
        never,
      ),
    'read requests': () => control.requests('', never),
    'outcome of a request': () => cluster.outcome({ id: 'asked', job: 'job-1', tick: redis.nowMs }, never),
    abort: () => control.requestAbort(run, never),
    reschedule: () => control.reschedule('job-1', '@every 1m', never),
    announce: () =>
      cluster.announce({ ...TERM, jobs: names.slice(50).map(job => ({ job, description: '{}' })) }, never),
    'states of jobs': () => cluster.states(names, never),
    'read the pods': () => cluster.pods(never),
    'announced jobs': () => cluster.announced(never),
    'history of a job': () => history.history({ job: 'job-0', limit: 10_000 }, never),
    'history of all jobs': () => history.history({ limit: 50 }, never),
    'running runs': () => history.running(never),
    'names of jobs': () => cluster.jobNames('', never),
    'sweep, many requested': () => cluster.sweep(sweep, never),
    'sweep, too soon': () => {
      redis.execute('DEL', KEYS.requests);
      return cluster.sweep(sweep, never);
    },
    'sweep, unfinished': () => {
      passDays(redis, 30);
      return cluster.sweep(sweep, never);
    },
    sweep: async () => {
      const removed = names.map(name => `removed-${name}`);
      for (const name of removed) redis.execute('HSET', KEYS.job(name), 'hwm', 1, 'token', 1);
      for (const name of removed) redis.execute('HSET', KEYS.runs(name), 1, 'succeeded|r|1|1|1||{}');
      for (const name of removed) redis.execute('ZADD', KEYS.index(name), 1, 1);
      await cluster.sweep({ ...sweep, absent: removed }, never);
      passDays(redis, 30);
      const swept = await cluster.sweep({ ...sweep, absent: removed }, never);
      if (swept?.length !== removed.length)
        throw new Error(`Of ${removed.length} jobs ${swept?.length} expired`);
    },
  };
}

function passDays(redis: MeteredRedis, days: number): void {
  redis.nowMs += days * DAY_MS;
  redis.execute('SET', KEYS.lease, `${TERM.podId}|${TERM.token}`, 'PX', DAY_MS);
}

function claimOf(job: string, tick: number): Claim {
  const decision = { intent: 'run', reason: '', overlap: 'skip', recover: false } as const;
  return { job, tick, runId: `${job}-${tick}`, manual: false, ...decision, retention: RETENTION, facts: {} };
}

/* How long Redis is busy with each script, at sizes beyond those of real applications. */
import { Redis } from 'ioredis';

import { createRedisStores } from '../.build/modules/adapters/redis/create-redis-stores.js';
import { SystemClock } from '../.build/modules/adapters/system/system-clock.js';
import { redisKeys } from '../.build/modules/adapters/redis/redis-keys.js';
import { startRedis } from './processes.mjs';
import { median, percentile, round } from './stats.mjs';
import { claimOf, leaderStores } from './stores.mjs';

const LEASE = 'scheduler:scripts:leader';
const KEYS = redisKeys(LEASE);
// Builds of 0.4 read `candidateId`.
const TERM = { podId: 'scripts', candidateId: 'scripts', token: 1 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LOCK_MS = HOUR_MS;
const KEPT = { leastMs: 7 * DAY_MS, mostMs: 7 * DAY_MS, unknownMs: 7 * DAY_MS };
const ROUNDS = 3;
const never = () => new AbortController().signal;

/** @param {{ smoke: boolean }} context */
export async function scripts({ smoke }) {
  const sizes = smoke
    ? { jobs: 300, pods: 20, unfinished: 300, requests: 50 }
    : { jobs: 5000, pods: 1000, unfinished: 100_000, requests: 10_000 };
  const redis = await startRedis();
  const leader = await leaderStores(redis.url, 'scripts');
  const stores = createRedisStores({
    redis: ({ options }) => new Redis(redis.url, options),
    leaseKey: LEASE,
    commandTimeoutMs: 10_000,
    presenceOf: undefined,
    clock: new SystemClock(),
  });
  stores.open();
  await stores.ready();
  await seed(leader.operator, sizes);
  const rows = [];
  for (const [what, act] of Object.entries(operations(stores, sizes, leader.operator)))
    rows.push(await measured(leader.operator, what, act));
  await leader.close();
  await stores.close();
  redis.stop();
  return rows.map(row => ({ ...row, goal: smoke ? '' : '≤ 5 ms' }));
}

/** Median of three rounds: the mean of a call by commandstats, and the slowest of a hundred by SLOWLOG. */
async function measured(operator, what, act) {
  const means = [];
  const slowest = [];
  await act(-1);
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    await operator.config('RESETSTAT');
    await operator.config('SET', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '5000');
    await operator.call('SLOWLOG', 'RESET');
    for (let times = 0; times < 5; times += 1) await act(turn * 5 + times);
    const stats = /cmdstat_evalsha:calls=\d+,usec=\d+,usec_per_call=([\d.]+)/.exec(
      await operator.info('commandstats'),
    );
    means.push(Number(stats?.[1]) / 1000);
    const log = await operator.call('SLOWLOG', 'GET', '5000');
    const times = log
      .filter(([, , , [name]]) => name.toLowerCase() === 'evalsha')
      .map(([, , micros]) => micros / 1000);
    slowest.push(percentile(times, 0.99));
  }
  return {
    what: `script of: ${what}`,
    result: `mean ${round(median(means))} ms, p99 ${round(median(slowest))} ms`,
  };
}

/** By what is measured, what is called for it. */
function operations(stores, { jobs }, operator) {
  const names = Array.from({ length: jobs }, (_, job) => `job-${job}`);
  let taken = 0;
  const page = count => Array.from({ length: count }, () => names[(taken += 1) % jobs]);
  return {
    ...operationsOfRuns(stores, page, () => taken),
    ...operationsOfOrphans(stores),
    ...operationsOfControl(stores),
    ...operationsOfReads(stores, page, names),
    ...operationsOfLease(stores, page),
    ...operationsOfRemovedJobs(stores, page, operator),
  };
}

/** From due to recorded. */
function operationsOfRuns({ runs }, page, taken) {
  const from = Date.now() - HOUR_MS;
  const claims = turn =>
    page(1000).map(job => ({ ...claimOf(job, from + turn * 1000 + (taken() % 1000)), overlap: 'allow' }));
  let claimed = [];
  return {
    'open, 1,000 jobs': () =>
      runs.open({ ...TERM, jobs: page(1000).map(job => ({ job, schedule: 's' })) }, never()),
    'claim, 1,000 ticks': async turn => {
      claimed = claims(turn);
      await runs.claim({ ...TERM, lockMs: LOCK_MS, claims: claimed }, never());
    },
    'heartbeat, 1,000 runs': () => runs.heartbeat({ lockMs: LOCK_MS, runs: claimed }, never()),
    'finish, 1,000 runs, 200 records too many each': async turn => {
      const ends = claims(100 + turn);
      await runs.claim({ ...TERM, lockMs: LOCK_MS, claims: ends }, never());
      await runs.finish(
        ends.map(run => ({
          ...run,
          state: 'succeeded',
          attempt: 1,
          retention: { keep: 1, maxAgeMs: LOCK_MS },
        })),
        never(),
      );
    },
    'release, a run': () => runs.release({ ...claimed[0], manual: false }, never()),
  };
}

/** Runs whose pods died. */
function operationsOfOrphans({ runs }) {
  return {
    'unfinished, a page': () => runs.unfinished('', never()),
    'adopt, a page': async turn => {
      const { runs: orphans } = await runs.unfinished('', never());
      const adoption = (orphan, at) => ({
        orphan,
        wish: 'abandon',
        runId: `new-${turn}-${at}`,
        facts: {},
        retention: { keep: 10, maxAgeMs: LOCK_MS },
      });
      await runs.adopt({ ...TERM, lockMs: LOCK_MS, orphans: orphans.map(adoption) }, never());
    },
  };
}

/** The operations that users request. */
function operationsOfControl({ control, cluster }) {
  return {
    'request a run': turn => control.requestRun({ id: `asked-${turn}`, job: 'job-1' }, never()),
    'requests, a page': () => control.requests('', never()),
    'outcome of a request': () => cluster.outcome({ id: 'asked-1', job: 'job-1', tick: 1 }, never()),
    'pause, resume': async () => {
      await control.pause({ job: 'job-1', forMs: 1000, reason: '' }, never());
      await control.resume('job-1', never());
    },
    reschedule: turn => control.reschedule('job-1', turn % 2 === 0 ? undefined : '@every 1m', never()),
  };
}

/** The reads of pods and users. */
function operationsOfReads({ cluster, candidates, history }, page, names) {
  return {
    'announce, 250 jobs': () =>
      cluster.announce({ ...TERM, jobs: page(250).map(job => ({ job, description: '{}' })) }, never()),
    'states, all jobs': () => cluster.states(names, never()),
    'pods, all': () => cluster.pods(never()),
    'candidates, all': () => candidates.candidates(never()),
    'history of all jobs, 50': () => history.history({ limit: 50 }, never()),
  };
}

/** The election. */
function operationsOfLease({ lease }, page) {
  return {
    'renew the lease': () => lease.renew({ ...TERM, ttlMs: LOCK_MS, pod: undefined }, never()),
    'acquire, held by another': () =>
      lease.acquire(
        {
          podId: 'other',
          candidateId: 'other',
          ttlMs: 10_000,
          endedToken: 0,
          evidence: false,
          watched: page(20),
          pod: undefined,
        },
        never(),
      ),
  };
}

/** Jobs that no pod has. */
function operationsOfRemovedJobs({ cluster }, page, operator) {
  const from = Date.now() - HOUR_MS;
  return {
    'names of jobs, a page': () => cluster.jobNames('', never()),
    'sweep, 250 jobs that stay': () =>
      cluster.sweep({ ...TERM, absent: page(250), present: [], kept: KEPT }, never()),
    'sweep, 250 jobs that expire': async turn => {
      const absent = Array.from({ length: 250 }, (_, job) => `removed-${turn}-${job}`);
      await operator.del(KEYS.requests);
      await seedJobs(operator, absent, from);
      await cluster.sweep(
        { ...TERM, absent, present: [], kept: { ...KEPT, leastMs: 0, mostMs: 0 } },
        never(),
      );
    },
  };
}

async function seed(operator, { jobs, pods, unfinished, requests }) {
  const at = Date.now() - DAY_MS;
  await seedJobs(
    operator,
    Array.from({ length: jobs }, (_, job) => `job-${job}`),
    at,
  );
  const pipeline = operator.pipeline();
  for (let pod = 0; pod < pods; pod += 1) {
    pipeline.hset(KEYS.pods, `pod-${pod}`, `${Date.now()}|${at}|0|1.0.0`);
    pipeline.hset(KEYS.candidates, `pod-${pod}`, `${Date.now()}|${at}|1-a|up|0`);
  }
  for (let run = 0; run < unfinished; run += 1) {
    const tick = at - run * 1000;
    pipeline.hset(KEYS.runs(`job-${run % jobs}`), tick, `claimed|orphan-${run}|1|1|${tick}||{}`);
    pipeline.zadd(KEYS.unfinished, tick, `${tick}|job-${run % jobs}`);
  }
  for (let request = 0; request < requests; request += 1)
    pipeline.hset(KEYS.requests, `handle-${request}`, `${Date.now()}|elsewhere`);
  await pipeline.exec();
}

/** Jobs with 20 records each. */
async function seedJobs(operator, names, at) {
  const facts = JSON.stringify({
    app: 'bench',
    version: '1',
    pod: 'p',
    startedAt: at,
    finishedAt: at,
    durationMs: 5,
  });
  const pipeline = operator.pipeline();
  for (const [number, name] of names.entries()) {
    const ticks = Array.from({ length: 20 }, (_, index) => at + index * 60_000 + number);
    const records = ticks.flatMap(tick => [tick, `succeeded|r-${tick}|1|1|${tick}||${facts}`]);
    pipeline.hset(KEYS.runs(name), ...records);
    pipeline.zadd(KEYS.index(name), ...ticks.flatMap(tick => [tick, tick]));
    pipeline.sadd(KEYS.jobs, name);
  }
  await pipeline.exec();
}

/*
 * `npm run bench -- --beside <commit>`: this tree and that commit, by turns on one machine. Each side is measured by its
 * own `bench/pod.mjs` and `bench/stores.mjs`; this harness starts them and compares. A figure is the median of each side
 * over all pairs; the ratio is taken pair by pair, because the speed of a shared machine drifts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { Redis } from 'ioredis';

import { buildCommit } from '../test/support/setup/build-commit.mjs';
import { projectRoot } from '../test/support/setup/project-root.mjs';
import { leaderOf, resignAndFollow, scriptCalls } from './fail-over.mjs';
import { startPod, startRedis } from './processes.mjs';
import { median, percentile, round } from './stats.mjs';

/** @typedef {{ folder: string, redisUrl: string }} Side */

/** The lag of ticks, 50th and 99th percentile: 20 jobs a second for 8 s. @param {Side} side */
async function lag({ folder, redisUrl }) {
  const environment = {
    VARIANT: 'redis',
    JOBS: '20',
    CRON: '* * * * * *',
    REDIS_URL: redisUrl,
    SCHEDULE_APP_NAME: 'lag',
  };
  const pod = startPod(environment, [], folder);
  await pod.reported('leadership', ({ isLeader }) => isLeader);
  await pause(2000 + ((1900 - (Date.now() % 1000)) % 1000));
  const { runs } = await pod.between(() => pause(8000));
  await pod.end();
  const late = runs.map(({ tick, at }) => at - tick);
  return { 'lag p50, ms': median(late), 'lag p99, ms': percentile(late, 0.99) };
}

/** 1,000 claims in one go, and their ends: the median of ten rounds. @param {Side} side */
async function claims({ folder, redisUrl }) {
  const { claimOf, leaderStores } = await import(`${pathToFileURL(folder).href}/bench/stores.mjs`);
  const stores = await leaderStores(redisUrl, 'claims');
  const claimMs = [];
  const finishMs = [];
  for (let turn = 0; turn < 10; turn += 1) {
    const tick = Math.floor(Date.now() / 1000) * 1000 - (10 - turn) * 1000;
    const many = Array.from({ length: 1000 }, (_, index) => claimOf(`job-${index}`, tick));
    claimMs.push(await timed(() => stores.claim(many)));
    finishMs.push(await timed(() => stores.finish(many)));
  }
  await stores.close();
  return { '1,000 claims, ms': median(claimMs), '1,000 ends of runs, ms': median(finishMs) };
}

/** From a resignation to the next leader: the median of eight. @param {Side} side */
async function handover({ folder, redisUrl }) {
  const environment = {
    VARIANT: 'redis',
    REDIS_URL: redisUrl,
    SCHEDULE_APP_NAME: 'handover',
    SCHEDULE_LEADER_TTL: '1s',
    SCHEDULE_LEADER_INTERVAL: '300ms',
  };
  const pods = Array.from({ length: 4 }, () => startPod(environment, [], folder));
  await Promise.all(pods.map(pod => pod.reported('ready')));
  const samples = [];
  for (let count = 0; count < 8; count += 1) {
    await leaderOf(pods);
    await pause(400);
    samples.push(await resignAndFollow(pods));
  }
  await Promise.all(pods.map(pod => pod.end()));
  return { 'hand-over, ms': median(samples) };
}

/** Commands per pod and second while nothing happens, at the default timing. @param {Side} side */
async function idle({ folder, redisUrl }, seconds = 18) {
  const redis = new Redis(redisUrl);
  const pods = Array.from({ length: 3 }, () =>
    startPod({ VARIANT: 'redis', REDIS_URL: redisUrl, SCHEDULE_APP_NAME: 'idle' }, [], folder),
  );
  await Promise.all(pods.map(pod => pod.reported('ready')));
  await leaderOf(pods);
  await pause(4000);
  const before = await scriptCalls(redis);
  await pause(seconds * 1000);
  const perPod = ((await scriptCalls(redis)) - before) / pods.length / seconds;
  redis.disconnect();
  await Promise.all(pods.map(pod => pod.end()));
  return { 'idle commands per pod and second': perPod };
}

const measures = { lag, claims, handover, idle };

/**
 * @param {{ commit: string, pairs: number, only: string | undefined }} settings
 * @returns {Promise<{ what: string, result: string, goal: string }[]>}
 */
export async function beside({ commit, pairs, only }) {
  const other = await buildCommit(commit);
  const rows = [];
  try {
    for (const [name, measure] of Object.entries(measures)) {
      if (only !== undefined && !only.split(',').includes(name)) continue;
      rows.push(...rowsOf(await pairsOf(measure, other.folder, pairs), commit));
      console.log(`${name}: ${pairs} pairs`);
    }
  } finally {
    other.remove();
  }
  return rows;
}

/** Each pair in the opposite order of the one before it; each measurement on a Redis of its own. */
async function pairsOf(measure, otherFolder, pairs) {
  const found = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const sides = pair % 2 === 0 ? ['here', 'there'] : ['there', 'here'];
    const figures = {};
    for (const side of sides) {
      const redis = await startRedis();
      const folder = side === 'here' ? projectRoot : otherFolder;
      figures[side] = await measure({ folder, redisUrl: redis.url });
      redis.stop();
    }
    found.push(figures);
  }
  return found;
}

function rowsOf(pairs, commit) {
  return Object.keys(pairs[0].here).map(what => {
    const [here, there] = ['here', 'there'].map(side => pairs.map(pair => pair[side][what]));
    const ratios = here.map((value, index) => value / there[index]);
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    const result = `${round(median(here))}; ${commit.slice(0, 12)} ${round(median(there))}: ${median(ratios).toFixed(2)} times (${spread}, ${pairs.length} pairs)`;
    return { what, result, goal: what.startsWith('idle') ? '≤ 0.34' : '≤ 1.1 times' };
  });
}

async function timed(act) {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

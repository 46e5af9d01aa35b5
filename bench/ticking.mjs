import { setTimeout as pause } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { scriptCalls } from './fail-over.mjs';
import { ensurePeers } from './peers/ensure-peers.mjs';
import { startPod, startRedis } from './processes.mjs';
import { median, round } from './stats.mjs';

const PODS = 3;
const CONTENDERS = ['schedule', 'redlock', 'redis'];

/**
 * The CPU time of pods and of their Redis while one job ticks each second, for three pods of each contender at the same
 * time, each contender with a Redis of its own. A fourth Redis, which no pod uses, has the cost of the server itself.
 *
 * @param {{ smoke: boolean }} context
 */
export async function ticking({ smoke }) {
  ensurePeers();
  const [windows, seconds] = smoke ? [1, 2] : [13, 10];
  const unused = await startRedis();
  const sides = await Promise.all(CONTENDERS.map(start));
  await pause(smoke ? 500 : 8000);
  const found = [];
  for (let window = 0; window < windows; window += 1)
    found.push(await measured([...sides, { redis: unused, pods: [] }], seconds));
  for (const { pods, redis } of sides) {
    await Promise.all(pods.map(pod => pod.end()));
    redis.stop();
  }
  unused.stop();
  return rowsOf(found);
}

async function start(variant) {
  const redis = await startRedis();
  const environment = {
    VARIANT: variant,
    JOBS: '1',
    CRON: '* * * * * *',
    REPORT: 'cpu',
    REDIS_URL: redis.url,
    SCHEDULE_APP_NAME: 'ticking',
  };
  const pods = Array.from({ length: PODS }, () => startPod(environment));
  await Promise.all(pods.map(pod => pod.reported('ready')));
  if (variant === 'redis')
    await Promise.any(pods.map(pod => pod.reported('leadership', one => one.isLeader)));
  return { redis, pods };
}

/** The figures of all sides in one window, ms of CPU a second. */
async function measured(sides, seconds) {
  const figures = await Promise.all(
    sides.map(async ({ redis, pods }) => {
      const before = await serverOf(redis.url);
      const each = await Promise.all(pods.map(pod => pod.between(() => pause(seconds * 1000))));
      if (pods.length === 0) await pause(seconds * 1000);
      const after = await serverOf(redis.url);
      const cpu = each.map(({ cpuMs }) => cpuMs / seconds);
      const leader = pods.findIndex(pod => pod.isLeader());
      return {
        leader: leader < 0 ? mean(cpu) : cpu[leader],
        followers: mean(cpu.filter((_, index) => index !== leader)),
        redis: (after.cpuMs - before.cpuMs) / seconds,
        commands: (after.commands - before.commands) / seconds,
      };
    }),
  );
  const [plain, redlock, ours, unused] = figures;
  return { plain, redlock, ours, unused };
}

async function serverOf(url) {
  const redis = new Redis(url);
  const info = await redis.info('cpu');
  const commands = await scriptCalls(redis);
  redis.disconnect();
  const cpu = [...info.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)].map(([, value]) => Number(value));
  return { cpuMs: cpu.reduce((sum, value) => sum + value, 0) * 1000, commands };
}

function rowsOf(windows) {
  const of = figure => round(median(windows.map(figure)));
  const perPod = side => of(one => (one[side].redis - one.unused.redis) / PODS);
  const ratio = figure => round(median(windows.map(one => figure(one.ours, one) / figure(one.redlock, one))));
  const cpu = ratio(side => side.leader);
  const server = ratio((side, { unused }) => side.redis - unused.redis);
  return [
    {
      what: 'CPU, one tick a second, leader of three pods',
      result: `${of(one => one.ours.leader)} ms/s; a pod with redlock ${of(one => one.redlock.leader)}: ${cpu} times; plain @Cron ${of(one => one.plain.leader)}; a follower ${of(one => one.ours.followers)}`,
      goal: '≤ 1.0 times',
    },
    {
      what: 'CPU of Redis per pod, one tick a second, three pods',
      result: `${perPod('ours')} ms/s; with redlock ${perPod('redlock')}: ${server} times (a Redis without pods ${of(one => one.unused.redis)})`,
      goal: '≤ 1.5 times',
    },
    {
      what: 'commands per pod and second, one tick a second',
      result: `${of(one => one.ours.commands / PODS)}; with redlock ${of(one => one.redlock.commands / PODS)}`,
      goal: '',
    },
  ];
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

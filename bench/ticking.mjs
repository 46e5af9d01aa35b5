import { setTimeout as pause } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { scriptCalls } from './fail-over.mjs';
import { ensurePeers } from './peers/ensure-peers.mjs';
import { startPod, startRedis } from './processes.mjs';
import { median, round } from './stats.mjs';

/** A pod alone gets the lock of each tick, as a leader runs each tick. */
const CONTENDERS = [
  { name: 'plain', variant: 'schedule', count: 3 },
  { name: 'redlock', variant: 'redlock', count: 3 },
  { name: 'ours', variant: 'redis', count: 3 },
  { name: 'winner', variant: 'redlock', count: 1 },
  { name: 'releasing', variant: 'redlock-released', count: 1 },
];
/** Two followers probe, however many there are; each pod requests a redlock. Not in a smoke run. */
const MANY_PODS = [
  { name: 'many', variant: 'redis', count: 10 },
  { name: 'manyLocks', variant: 'redlock', count: 10 },
];
const UNUSED = 'unused';

/**
 * The CPU time of pods and of their Redis while one job ticks each second, of all contenders at the same time, each with a
 * Redis of its own. One more Redis, which no pod uses, has the cost of the server itself.
 *
 * @param {{ smoke: boolean }} context
 */
export async function ticking({ smoke }) {
  ensurePeers();
  const [windows, seconds] = smoke ? [1, 2] : [13, 10];
  const unused = await startRedis();
  const sides = await Promise.all((smoke ? CONTENDERS : [...CONTENDERS, ...MANY_PODS]).map(start));
  // V8 collects the garbage of the start in the first half minute.
  await pause(smoke ? 500 : 40_000);
  const found = [];
  for (let window = 0; window < windows; window += 1)
    found.push(await measured([...sides, { name: UNUSED, redis: unused, pods: [] }], seconds));
  for (const { pods, redis } of sides) {
    await Promise.all(pods.map(pod => pod.end()));
    redis.stop();
  }
  unused.stop();
  return smoke ? rowsOf(found) : [...rowsOf(found), manyRow(found)];
}

async function start({ name, variant, count }) {
  const redis = await startRedis();
  const environment = {
    VARIANT: variant,
    JOBS: '1',
    CRON: '* * * * * *',
    REPORT: 'cpu',
    REDIS_URL: redis.url,
    SCHEDULE_APP_NAME: 'ticking',
  };
  const pods = Array.from({ length: count }, () => startPod(environment));
  await Promise.all(pods.map(pod => pod.reported('ready')));
  if (variant === 'redis')
    await Promise.any(pods.map(pod => pod.reported('leadership', one => one.isLeader)));
  return { name, redis, pods };
}

/** The figures of all sides in one window, a second. */
async function measured(sides, seconds) {
  const figures = await Promise.all(sides.map(async side => [side.name, await figuresOf(side, seconds)]));
  return Object.fromEntries(figures);
}

async function figuresOf({ redis, pods }, seconds) {
  const before = await serverOf(redis.url);
  const [, ...each] = await Promise.all([
    pause(seconds * 1000),
    ...pods.map(pod => pod.between(() => pause(seconds * 1000))),
  ]);
  const after = await serverOf(redis.url);
  const cpu = each.map(({ cpuMs }) => cpuMs / seconds);
  const leader = pods.findIndex(pod => pod.isLeader());
  return {
    pods: pods.length,
    leader: leader < 0 ? mean(cpu) : cpu[leader],
    followers: mean(cpu.filter((_, index) => index !== leader)),
    redis: (after.cpuMs - before.cpuMs) / seconds,
    commands: (after.commands - before.commands) / seconds / pods.length,
  };
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
  const leader = name => of(one => one[name].leader);
  const server = (one, name) => one[name].redis - one[UNUSED].redis;
  const perPod = name => of(one => server(one, name) / one[name].pods);
  const times = (figure, other) => of(one => figure(one, 'ours') / figure(one, other));
  const cpu = (one, name) => one[name].leader;
  return [
    {
      what: 'CPU, one tick a second, leader of three pods',
      result:
        `${leader('ours')} ms/s; a pod that gets each redlock ${leader('winner')}: ${times(cpu, 'winner')} times, and releases it ${leader('releasing')}: ${times(cpu, 'releasing')} times; ` +
        `one of three with redlock ${leader('redlock')}; plain @Cron ${leader('plain')}; a follower ${of(one => one.ours.followers)}`,
      goal: '≤ 1.0 times',
    },
    {
      what: 'CPU of Redis per pod, one tick a second, three pods',
      result: `${perPod('ours')} ms/s; with redlock ${perPod('redlock')}: ${times(server, 'redlock')} times (a Redis without pods ${of(one => one[UNUSED].redis)})`,
      goal: '≤ 1.5 times',
    },
    {
      what: 'commands per pod and second, one tick a second',
      result: `${of(one => one.ours.commands)}; with redlock ${of(one => one.redlock.commands)}`,
      goal: '',
    },
  ];
}

/** @param {readonly Record<string, { redis: number, pods: number, commands: number }>[]} windows */
function manyRow(windows) {
  const of = figure => round(median(windows.map(figure)));
  const perPod = name => one => (one[name].redis - one[UNUSED].redis) / one[name].pods;
  const ratio = of(one => perPod('many')(one) / perPod('manyLocks')(one));
  return {
    what: 'CPU of Redis per pod, one tick a second, ten pods',
    result:
      `${of(perPod('many'))} ms/s; with redlock ${of(perPod('manyLocks'))}: ${ratio} times; ` +
      `commands per pod and second ${of(one => one.many.commands)}; with redlock ${of(one => one.manyLocks.commands)}`,
    goal: '≤ 1.5 times',
  };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

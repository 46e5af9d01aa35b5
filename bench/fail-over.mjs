import { setTimeout as pause } from 'node:timers/promises';

import { now, startPod } from './processes.mjs';
import { median, round, spread } from './stats.mjs';

/** From the call of resign() to the moment another process leads. @param {{ redisUrl: string, smoke: boolean }} context */
export async function handover({ redisUrl, smoke }) {
  const rounds = smoke ? 4 : 200;
  // Six pods with a short ttl, so that one that sits out its rest is back when it is its turn.
  const environment = {
    VARIANT: 'redis',
    REDIS_URL: redisUrl,
    SCHEDULE_APP_NAME: 'handover',
    SCHEDULE_LEADER_TTL: '1s',
    SCHEDULE_LEADER_INTERVAL: '300ms',
  };
  const pods = Array.from({ length: 6 }, () => startPod(environment));
  await Promise.all(pods.map(pod => pod.reported('ready')));
  const samples = [];
  for (let round_ = 0; round_ < rounds; round_ += 1) {
    await leaderOf(pods);
    await pause(100 + Math.random() * 300);
    samples.push(await resignAndFollow(pods));
  }
  await Promise.all(pods.map(pod => pod.end()));
  return [
    { what: 'graceful handover (resign)', result: spread(samples, 'ms'), goal: 'p50 ≤ 15 ms, p99 ≤ 60 ms' },
  ];
}

/** Has the leader resign. Resolves to the time from then until another pod leads, ms. */
export async function resignAndFollow(pods) {
  for (;;) {
    const leader = await leaderOf(pods);
    const asked = now();
    leader.send('resign');
    const { at, led } = await leader.reported('resigned', message => message.at >= asked);
    // On a busy machine it may have lost its lease just before. Pods of older commits do not say so.
    if (led !== false) return (await nextLeadership(pods, leader, at)) - at;
  }
}

async function nextLeadership(pods, leader, since) {
  const begins = pod => pod.reported('leadership', message => message.isLeader && message.at >= since);
  const { at } = await Promise.any(pods.filter(pod => pod !== leader).map(begins));
  return at;
}

export async function leaderOf(pods) {
  for (;;) {
    const leader = pods.find(pod => pod.isLeader());
    if (leader) return leader;
    await pause(1);
  }
}

/** Commands per pod and second while nothing happens. @param {{ redisUrl: string, smoke: boolean }} context */
export async function idle({ redisUrl, smoke }) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl);
  const seconds = smoke ? 4 : 60;
  const pods = Array.from({ length: 5 }, () =>
    startPod({ VARIANT: 'redis', REDIS_URL: redisUrl, SCHEDULE_APP_NAME: 'idle' }),
  );
  await Promise.all(pods.map(pod => pod.reported('ready')));
  await leaderOf(pods);
  await pause(3000);
  const before = await scriptCalls(redis);
  await pause(seconds * 1000);
  const perPod = ((await scriptCalls(redis)) - before) / pods.length / seconds;
  redis.disconnect();
  await Promise.all(pods.map(pod => pod.end()));
  return [
    {
      what: 'idle commands per pod and second',
      result: `${round(perPod)} (5 pods, ${seconds} s)`,
      goal: '≤ 0.34',
    },
  ];
}

/** How many commands of pods the server has seen. @param {import('ioredis').Redis} redis */
export async function scriptCalls(redis) {
  const info = await redis.info('commandstats');
  const counts = [
    ...info.matchAll(/cmdstat_(?:evalsha|eval|ping|subscribe|hello|client\|\w+)[^\n]*?calls=(\d+)/g),
  ];
  return counts.reduce((sum, [, calls]) => sum + Number(calls), 0);
}

/** Boot time and memory, each beside a bare application. @param {{ redisUrl: string, smoke: boolean }} context */
export async function boot({ redisUrl, smoke }) {
  const variants = ['bare', 'schedule', 'ram', 'redis'];
  const rounds = smoke ? 1 : 20;
  /** @type {Record<string, { ms: number[], rss: number[], heap: number[], leads: number[] }>} */
  const samples = Object.fromEntries(
    variants.map(variant => [variant, { ms: [], rss: [], heap: [], leads: [] }]),
  );
  for (let round_ = 0; round_ < rounds; round_ += 1) {
    for (const variant of variants) {
      const pod = startPod(
        { VARIANT: variant, JOBS: '100', REDIS_URL: redisUrl, SCHEDULE_APP_NAME: `boot-${round_}` },
        ['--expose-gc'],
      );
      const { bootMs, memory } = await pod.reported('ready');
      const sample = samples[variant];
      sample.ms.push(bootMs);
      sample.rss.push(memory.rss / 2 ** 20);
      sample.heap.push(memory.heapUsed / 2 ** 20);
      if (variant === 'redis')
        sample.leads.push((await pod.reported('leadership', message => message.isLeader)).sinceBootMs);
      await pod.end();
    }
  }
  const bare = samples['bare'];
  const rows = variants.slice(1).map(variant => {
    const { ms, rss, heap } = samples[variant];
    const added = median(ms) - median(bare.ms);
    return {
      what: `${variant}, 100 jobs: boot and memory`,
      result: `${more(added)} ms boot (bare ${round(median(bare.ms))} ms), ${more(median(rss) - median(bare.rss))} MiB RSS, ${more(median(heap) - median(bare.heap))} MiB heap`,
      goal: '',
    };
  });
  return [...rows, { what: 'from boot to leading', result: spread(samples['redis'].leads, 'ms'), goal: '' }];
}

function more(value) {
  return `${value < 0 ? '−' : '+'}${round(Math.abs(value))}`;
}

import { setTimeout as pause } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { inTurn, startPod } from './processes.mjs';
import { median, round } from './stats.mjs';

const PERIOD_MS = 5000;
const WINDOW_MS = 4300;

/** Many jobs due in one second, beside as many of plain @nestjs/schedule. @param {{ redisUrl: string, smoke: boolean }} context */
export async function burst({ redisUrl, smoke }) {
  const rows = [];
  for (const jobs of smoke ? [300] : [1000, 5000]) {
    const bursts = smoke ? 1 : 8;
    const environment = { JOBS: `${jobs}`, REDIS_URL: redisUrl, SCHEDULE_APP_NAME: `burst-${jobs}` };
    const sides = ['schedule', 'redis'].map(VARIANT => () => burstsOf({ ...environment, VARIANT }, bursts));
    const [plain, ours] = await inTurn(sides, smoke);
    rows.push(...rowsOf(jobs, ours, plain));
  }
  return rows;
}

async function burstsOf(environment, bursts) {
  const redis = new Redis(environment.REDIS_URL);
  const schedule = { CRON: '*/5 * * * * *', PERIOD_MS: `${PERIOD_MS}` };
  const pod = startPod({ ...environment, ...schedule }, ['--expose-gc']);
  const { memory } = await pod.reported('ready');
  if (environment.VARIANT === 'redis') await pod.reported('leadership', ({ isLeader }) => isLeader);
  const samples = [];
  for (let count = 0; count < bursts; count += 1) {
    await untilJustBefore();
    const before = await cpuOf(redis);
    const figures = await pod.between(() => pause(WINDOW_MS));
    samples.push({ ...figures, redisCpuMs: (await cpuOf(redis)) - before });
  }
  redis.disconnect();
  await pod.end();
  return { memory, samples };
}

/** Half a second before the jobs are due. */
function untilJustBefore() {
  const intoPeriod = (Date.now() + 500) % PERIOD_MS;
  return pause(PERIOD_MS - intoPeriod);
}

async function cpuOf(redis) {
  const info = await redis.info('cpu');
  const seconds = [...info.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)].map(([, value]) => Number(value));
  return seconds.reduce((sum, value) => sum + value, 0) * 1000;
}

function rowsOf(jobs, ours, plain) {
  const due = jobs * ours.samples.length;
  const ran = ours.samples.flatMap(({ runs }) => runs.map(({ job, tick }) => `${job}@${tick}`));
  const beside = (figure, unit) => besidePlain(typical(ours, figure), typical(plain, figure), unit);
  const heap = [ours, plain].map(({ memory }) => memory.heapUsed / 2 ** 20);
  const rows = {
    claimed: `in ${round(typical(ours, claimMs))} ms, ${typical(ours, ({ claims }) => claims.length)} call(s); not run in their period ${due - new Set(ran).size} of ${due}, doubled ${ran.length - new Set(ran).size}`,
    'from the tick to the last handler': `${beside(lastMs, 'ms')} (ours to the first ${round(typical(ours, firstMs))} ms)`,
    'CPU, until all is recorded': `${beside(({ cpuMs }) => cpuMs, 'ms')}; Redis ${round(typical(ours, ({ redisCpuMs }) => redisCpuMs))} ms`,
    'longest hold of the event loop': beside(({ loopMaxMs }) => loopMaxMs, 'ms'),
    'dates computed by cron (luxon)': beside(({ datesComputed }) => datesComputed, ''),
    memory: `heap at boot ${besidePlain(heap[0], heap[1], 'MiB')}; peak RSS ${beside(({ peakRss }) => peakRss / 2 ** 20, 'MiB')}`,
  };
  const goals = { claimed: jobs === 1000 ? '≤ 50 ms' : '', 'dates computed by cron (luxon)': '0' };
  return Object.entries(rows).map(([what, result]) => ({
    what: `${jobs.toLocaleString('en')} jobs in one second: ${what}`,
    result,
    goal: goals[what] ?? '',
  }));
}

function besidePlain(own, other, unit) {
  return `${round(own)} ${unit}; plain @Cron ${round(other)} ${unit}: ${round(own / other)} times`.replaceAll(
    '  ',
    ' ',
  );
}

function typical({ samples }, figure) {
  return median(samples.map(figure));
}

/** From the first question to the last answer. */
function claimMs({ claims }) {
  return Math.max(...claims.map(({ to }) => to)) - Math.min(...claims.map(({ from }) => from));
}

function firstMs({ runs }) {
  return Math.min(...runs.map(({ tick, at }) => at - tick));
}

function lastMs({ runs }) {
  return Math.max(...runs.map(({ tick, at }) => at - tick));
}

import { setTimeout as pause } from 'node:timers/promises';

import { inTurn, startPod } from './processes.mjs';
import { percentile, round, shortSpread } from './stats.mjs';

/**
 * How late handlers are called with a claim before each, beside a plain @Cron and beside the least that asking Redis
 * first can cost.
 *
 * @param {{ redisUrl: string, smoke: boolean }} context
 */
export async function lag({ redisUrl, smoke }) {
  return inTurn(
    (smoke ? [10] : [1, 100]).map(jobs => () => lagOf(jobs, redisUrl, smoke)),
    smoke,
  );
}

async function lagOf(jobs, redisUrl, smoke) {
  const [rounds, seconds] = smoke ? [1, 2] : [3, 20];
  const environment = { JOBS: `${jobs}`, CRON: '* * * * * *', REDIS_URL: redisUrl };
  const variants = [
    { ...environment, VARIANT: 'schedule' },
    { ...environment, VARIANT: 'lock' },
    { ...environment, VARIANT: 'redis', SCHEDULE_APP_NAME: `lag-${jobs}` },
  ];
  // By turns, so that a busy machine is busy for both.
  const turns = Array.from({ length: rounds }, () =>
    variants.map(variant => () => measured(variant, seconds)),
  );
  const runs = await inTurn(turns.flat(), smoke);
  const timer = await bareTimer(smoke ? 1 : seconds);
  const [plain, lock, ours] = variants.map((_, side) =>
    runs.filter((__, turn) => turn % variants.length === side).flat(),
  );
  return rowOf(jobs, [...[ours, lock, plain].map(lagsOf), timer], {
    early: ours.filter(({ early }) => early).length,
    due: jobs * rounds * seconds,
  });
}

/** How late the machine itself is: a timer and nothing else. */
async function bareTimer(seconds) {
  const late = [];
  for (let second = 0; second < seconds; second += 1) {
    const from = Date.now();
    const tick = from - (from % 1000) + 1000;
    await pause(tick - from);
    late.push(performance.timeOrigin + performance.now() - tick);
  }
  return late;
}

function rowOf(jobs, [ours, lock, plain, timer], { early, due }) {
  const added = share => round(percentile(ours, share) - percentile(lock, share));
  return {
    what: `tick lag, ${jobs} job${jobs > 1 ? 's' : ''} per second`,
    result:
      `${shortSpread(ours, 'ms')}, early ${early}, not run ${due - ours.length} of ${due}; ` +
      `plain @Cron ${shortSpread(plain, 'ms')}; with a SET NX ${shortSpread(lock, 'ms')}: ` +
      `beyond that p50 ${added(0.5)}, p99 ${added(0.99)}; a bare setTimeout ${shortSpread(timer, 'ms')}`,
    goal: 'p50 ≤ 2 ms, p99 ≤ 10 ms, early 0',
  };
}

/** The runs of a new pod in this time, once it is warm. */
async function measured(environment, seconds) {
  const pod = startPod(environment);
  await pod.reported('ready');
  if (environment.VARIANT === 'redis') await pod.reported('leadership', ({ isLeader }) => isLeader);
  await pause(seconds > 10 ? 5000 : 1000);
  await toEndOfSecond();
  const { runs } = await pod.between(() => pause(seconds * 1000));
  await pod.end();
  return runs;
}

function lagsOf(runs) {
  return runs.map(({ tick, at }) => at - tick);
}

/** Just before ticks fall due: those of the last second have run, however late. */
function toEndOfSecond() {
  return pause((1900 - (Date.now() % 1000)) % 1000);
}

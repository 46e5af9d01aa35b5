import { projectRoot } from '../test/support/setup/project-root.mjs';
import { PLAIN, Project } from './installed.mjs';
import { startPod } from './processes.mjs';
import { median, round } from './stats.mjs';

/** Each beside an application without this package. */
const PAIRS = [
  { name: 'RAM mode', own: 'ram', other: 'schedule', beside: '@nestjs/schedule', goalMs: 60 },
  { name: 'Redis mode', own: 'redis', other: 'client', beside: '@nestjs/schedule and ioredis', goalMs: 80 },
  { name: 'Redis mode', own: 'redis', other: 'redlock', beside: '@Cron with redlock' },
];
const VARIANTS = ['schedule', 'ram', 'client', 'redis', 'redlock'];
const JOBS = '10';

/**
 * The time from the start of a process to an application that has started, and its memory then, for ten jobs, installed
 * as users do. The median of the differences, round by round.
 *
 * @param {{ redisUrl: string, smoke: boolean }} context
 */
export async function weight({ redisUrl, smoke }) {
  const project = new Project();
  await project.install(...PLAIN, 'ioredis@6', 'redlock@4');
  await project.installPacked(projectRoot);
  const rounds = [];
  for (let turn = 0; turn < (smoke ? 1 : 31); turn += 1) {
    const order = turn % 2 === 0 ? VARIANTS : VARIANTS.toReversed();
    const round_ = {};
    for (const variant of order)
      round_[variant] = await started(project.folder, {
        VARIANT: variant,
        REDIS_URL: redisUrl,
        SCHEDULE_APP_NAME: `weight-${turn}`,
      });
    rounds.push(round_);
  }
  project.remove();
  return PAIRS.flatMap(pair => rowsOf(pair, rounds));
}

async function started(folder, environment) {
  const pod = startPod({ ...environment, JOBS, REPORT: 'cpu' }, ['--expose-gc'], folder);
  const { bootMs, cpuMs, memory } = await pod.reported('ready');
  await pod.end();
  return { ms: bootMs, cpuMs, rss: memory.rss / 2 ** 20, heap: memory.heapUsed / 2 ** 20 };
}

function rowsOf({ name, own, other, beside, goalMs }, rounds) {
  const more = figure => signed(median(rounds.map(one => one[own][figure] - one[other][figure])));
  const all = figure => round(median(rounds.map(one => one[other][figure])));
  const figures = [
    { what: 'import and boot', figure: 'ms', unit: 'ms', goal: goalMs && `≤ +${goalMs} ms` },
    { what: 'CPU of import and boot', figure: 'cpuMs', unit: 'ms' },
    { what: 'RSS', figure: 'rss', unit: 'MiB', goal: goalMs && '≤ +6 MiB' },
    { what: 'heap', figure: 'heap', unit: 'MiB', goal: goalMs && '≤ +3 MiB' },
  ];
  return figures.map(({ what, figure, unit, goal }) => ({
    what: `${what}, ${name}, over ${beside}`,
    result: `${more(figure)} ${unit} (that: ${all(figure)} ${unit})`,
    goal: goal ?? '',
  }));
}

function signed(value) {
  return `${value < 0 ? '−' : '+'}${round(Math.abs(value))}`;
}

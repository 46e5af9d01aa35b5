/*
 * A leader keeps its term if it need not run the tick that others see undecided.
 */
import type { Watch } from './watch.js';
import { dueIn } from './eras.js';
import { isInDelay } from './initial-delays.js';

const OF_DELAY = 'no leader resigns over a job in its initial delay';
const OF_START = 'no leader resigns over a tick from before its job was started there';

/** Of the protocol: a tick may be this much late before anybody counts it as such. */
const SLACK_MS = 5000;

/** A job for which a leader was asked to resign. */
interface Asked {
  readonly job: string;
  readonly tick: number;
}

/** A leader has resigned, and no person wanted it. */
export function checkResignation(watch: Watch, process: string): void {
  const { history, reports, longest, simulation } = watch;
  const since = simulation.world.nowMs - 2 * longest.ttlMs;
  const asked = reports.overdue.filter(
    ({ holder, isAskedToResign, atMs }) => holder === process && isAskedToResign && atMs > since,
  );
  const delayed = asked.filter(one => isDelayed(watch, process, one));
  const started = asked.filter(one => isFromBeforeStart(watch, process, one));
  for (const [rule, owed] of [
    [OF_DELAY, delayed],
    [OF_START, started],
  ] as const) {
    history.judge(rule);
    if (owed.length > 0 && delayed.length + started.length === asked.length)
      history.violated(
        rule,
        `${process} resigns over ${owed.map(({ job, tick }) => `${job} ${tick}`).join(', ')}`,
      );
  }
}

function isDelayed(watch: Watch, process: string, { job }: Asked): boolean {
  const plan = watch.scenario.jobs.find(({ name }) => name === job);
  return plan !== undefined && isInDelay(watch, process, plan);
}

/** A user has started the job on that pod after the tick, and no later one is late. */
function isFromBeforeStart(watch: Watch, process: string, { job, tick }: Asked): boolean {
  const { history, scenario, simulation } = watch;
  const plan = scenario.jobs.find(({ name }) => name === job);
  const starts = history.userStarts.filter(one => one.process === process && one.job === job);
  const at = Math.max(...starts.map(one => one.at));
  const until = simulation.redis.master.nowMs - SLACK_MS;
  return plan !== undefined && tick < at && dueIn(watch, plan).latest(at, until) === undefined;
}

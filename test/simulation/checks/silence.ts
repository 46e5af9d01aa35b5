/*
 * A job does not stay silent because one pod does nothing: the others notice, and its leader resigns.
 */
import type { Fault } from '../faults.js';
import { overAtMs } from '../history.js';
import type { JobPlan } from '../scenario.js';
import { dueIn } from './eras.js';
import { watermarkOf } from './watermarks.js';
import { EPOCH } from '../world/world.js';
import { keys, type Watch } from './watch.js';

export const SILENCE = 'G5: no job is silent while a pod could run it';

/** Interval of the checks, ms. */
const PROBE_MS = 1000;
/** Of the protocol: a job is overdue after a ttl and this time. */
const OVERDUE_MS = 5000;
/** A message, a take-over, a moment of each timer. */
const SLACK_MS = 3000;
/** Of one pod, or that leave all of them able to run what is due. */
const OF_ONE_POD: ReadonlySet<string> = new Set([
  'block-one',
  'job-pause',
  'run-now',
  'script-flush',
  'evict',
]);

/** Checks all jobs now and then, from now on. */
export function probeSilence(watch: Watch): void {
  const { scenario, simulation } = watch;
  const { faults, pods, redis, hasResigningListener } = scenario;
  const hurt = new Set(
    faults.flatMap(fault => ('pod' in fault && fault.kind === 'block-one' ? [fault.pod] : [])),
  );
  const isJudged =
    faults.every(isOfOnePod) &&
    hurt.size > 0 &&
    redis === 'ordinary' &&
    hasResigningListener !== true &&
    // Where jobs differ, `preference` judges.
    pods.every(({ jobs }) => jobs === undefined) &&
    pods.some(({ name }) => !hurt.has(name));
  if (!isJudged) return;
  const probe = (): void => {
    for (const plan of scenario.jobs) checkJob(watch, plan);
    simulation.world.after(PROBE_MS, probe);
  };
  simulation.world.after(PROBE_MS, probe);
}

/** If Redis loses the schedule of a job, nothing is disturbed: its watermark stays. */
function isOfOnePod(fault: Fault): boolean {
  const isLostSchedule = fault.kind === 'tamper' && 'field' in fault && fault.field === 'schedule';
  return OF_ONE_POD.has(fault.kind) || isLostSchedule;
}

function checkJob(watch: Watch, plan: JobPlan): void {
  const { history, longest, simulation, opened } = watch;
  const { world, redis } = simulation;
  const from = opened.get(plan.name);
  if (from === undefined || /^\d{4}-/.test(plan.cron)) return;
  const until = EPOCH + world.nowMs - boundMs(watch, plan);
  const last = dueIn(watch, plan).latest(from, until);
  if (last === undefined) return;
  history.judge(SILENCE);
  if (watermarkOf(redis.master, plan.name) >= last || isHeldUp(watch, plan)) return;
  history.violated(SILENCE, `${plan.name} ${last} is due for ${longest.ttlMs} ms and more`);
}

/** Overdue, found with one of the next checks, by a leader that has led for long enough; asked twice, if need be. */
function boundMs({ longest }: Watch, { jitterMs = 0, initialDelayMs = 0 }: JobPlan): number {
  const { ttlMs, intervalMs } = longest;
  return ttlMs + OVERDUE_MS + 2 * ttlMs + 4 * intervalMs + SLACK_MS + 2 * jitterMs + initialDelayMs;
}

/** A run goes on, or Redis says that one of an earlier term blocked it lately. */
function isHeldUp({ history, simulation, longest }: Watch, { name, overlap }: JobPlan): boolean {
  if (overlap === 'allow') return false;
  const hash = simulation.redis.master.double.data.value(keys.job(name));
  const blockedAt = Number(hash instanceof Map ? (hash.get('barredAt') ?? 0) : 0);
  if (blockedAt > simulation.redis.master.nowMs - 2 * longest.ttlMs) return true;
  const sinceMs = simulation.world.nowMs - 2 * longest.ttlMs;
  return history.calls.some(call => call.job === name && overAtMs(call) > sinceMs);
}

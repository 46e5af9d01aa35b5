/*
 * A job follows the schedule that it was given, soon and for good: also under the next leader.
 */
import type { Watch } from './watch.js';
import { cronInForce } from './eras.js';

const FOLLOWED = 'a job follows the schedule that it was given';

/** Interval of the checks, ms. */
const PROBE_MS = 250;
/** A notification, the question which schedules were given, the opening of the job. */
const SOON_MS = 1000;
/** An election, connections that are made anew, and their subscriptions. */
const SETTLED_MS = 5000;
/** Faults that leave the network, the clocks and Redis alone. */
const GENTLE = new Set(['reschedule', 'stop', 'crash', 'resign', 'job-pause', 'run-now', 'abort']);

/** By job: which schedule it is to follow, under which leader, and since when both are so. */
type Wanted = Map<string, { readonly key: string; readonly sinceMs: number }>;

/** Checks all jobs now and then, if the scenario overrides schedules. */
export function probeOverrides(watch: Watch): void {
  if (!watch.scenario.faults.some(({ kind }) => kind === 'reschedule')) return;
  const { world } = watch.simulation;
  const wanted: Wanted = new Map();
  const probe = (): void => {
    checkOverrides(watch, wanted);
    world.after(PROBE_MS, probe);
  };
  world.after(PROBE_MS, probe);
}

function checkOverrides(watch: Watch, wanted: Wanted): void {
  const { scenario, simulation, history, schedules } = watch;
  const { nowMs } = simulation.world;
  const isGentle = scenario.faults.every(({ kind }) => GENTLE.has(kind));
  const isCalm = isGentle || nowMs > scenario.quietAtMs + 2 * watch.longest.ttlMs + SETTLED_MS;
  const leader = simulation.pods.find(({ parts }) => parts.elector.isLeader());
  if (!isCalm || leader === undefined || leader.isStopping) return wanted.clear();
  for (const { name, initialDelayMs = 0 } of scenario.jobs) {
    const cron = cronInForce(simulation.redis.master, leader, name);
    const key = `${cron} ${leader.id} ${leader.parts.elector.currentTerm()?.token}`;
    if (wanted.get(name)?.key !== key) wanted.set(name, { key, sinceMs: nowMs });
    const lastedMs = nowMs - (wanted.get(name)?.sinceMs ?? nowMs);
    const isYoung = nowMs - leader.startedAtMs < SETTLED_MS + initialDelayMs;
    if (isYoung || lastedMs < boundMs(watch) || !leader.ticking.has(name)) continue;
    // Not by what the present master has seen opened: it may have been a server that was left behind.
    const activeCron = schedules.active.get(`${leader.id} ${name}`)?.cron;
    if (activeCron === undefined && history.losses.length > 0) {
      history.leaveOut(FOLLOWED, 'Redis lost the job');
      continue;
    }
    history.judge(FOLLOWED);
    if (cron !== undefined && activeCron !== cron)
      history.violated(FOLLOWED, `${leader.id} ${name}: '${activeCron}', not '${cron}', for ${lastedMs} ms`);
  }
}

/** A leader that receives no notification learns of the override with the next renewal. */
function boundMs({ scenario: { pods, redis, intervalMs, faults } }: Watch): number {
  const wayMs = Math.max(...pods.map(({ delayMs }) => delayMs));
  const isNotified = redis !== 'no-pubsub' && faults.every(({ kind }) => GENTLE.has(kind));
  return SOON_MS + 10 * wayMs + (isNotified ? 0 : intervalMs);
}

/*
 * Two followers probe after a tick. Which pods probed is read from the commands that Redis got, not from what the
 * library believes.
 */
import { probeLease } from '../../../lib/adapters/redis/redis-scripts.js';
import { LATE_MS } from './time-bounds.js';
import type { Watch } from './watch.js';

const TWO_PROBE = 'only two followers probe after a tick';
/** Of the protocol: a prober that was not seen for an interval and this time has lost its position. */
const AWAY_SLACK_MS = 1000;
/** With fewer pods no follower is left over. */
const ENOUGH_PODS = 4;
/** Faults after which pods are what they were, and Redis has what it had. */
const ASIDE = new Set(['abort', 'run-now', 'script-flush', 'crash', 'stop', 'resign']);

/** By process, when it last probed, in true time. */
export type ProbeLog = Map<string, number>;

/** A pod has asked a server to execute a script. */
export function onProbe(watch: Watch, name: string, [command, script]: readonly string[]): void {
  const { simulation, probes } = watch;
  const prober = simulation.berths.get(name)?.pod?.id;
  const isProbe = script === (command === 'EVAL' ? probeLease.lua : probeLease.sha1);
  if (!isProbe || prober === undefined || simulation.pods.length < ENOUGH_PODS) return;
  probes.set(prober, simulation.world.nowMs);
  checkProbers(watch);
}

function checkProbers(watch: Watch): void {
  const { history, scenario, simulation, probes } = watch;
  if (scenario.pods.some(({ publishes }) => publishes === false))
    return history.leaveOut(TWO_PROBE, 'pods before 0.6 probe all');
  const since = Math.max(changedAtMs(watch), disturbedUntilMs(watch)) + settlingMs(watch);
  if (since > simulation.world.nowMs) return history.leaveOut(TWO_PROBE, 'pods have changed lately');
  const probers = [...probes].flatMap(([id, atMs]) => (atMs >= since ? [id] : []));
  history.judge(TWO_PROBE);
  if (probers.length > 2) history.violated(TWO_PROBE, `${probers.join(', ')} probe`);
}

/** When a pod last came, ended, led or got other jobs. A leader that has resigned follows again after a ttl. */
function changedAtMs({ history, simulation, preference, longest }: Watch): number {
  const { bootedAt, stoppingFrom, changedAt, goneAtMs } = preference;
  const ofPods = [bootedAt, stoppingFrom, changedAt].flatMap(log => [...log.values()]);
  const { length, [length - 1]: last } = history.terms;
  const ledAtMs = last?.atMs ?? simulation.world.nowMs;
  const restMs = length > 1 ? longest.ttlMs : 0;
  return Math.max(goneAtMs, ledAtMs + restMs, ...ofPods);
}

function disturbedUntilMs({ scenario: { faults, quietAtMs } }: Watch): number {
  return faults.every(({ kind }) => ASIDE.has(kind)) ? 0 : quietAtMs;
}

/** Positions of pods that have gone end, others take them, and the two that had them before find out. */
function settlingMs({ longest }: Watch): number {
  return 3 * longest.intervalMs + AWAY_SLACK_MS + 10 * LATE_MS;
}

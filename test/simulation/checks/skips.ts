/*
 * A tick is given up for another run only while there is one.
 */
import { overAtMs, type Call } from '../history.js';
import type { SimServer } from '../world/sim-server.js';
import { keys, type Watch } from './watch.js';

const BESIDE = 'a tick is skipped for a run only while one goes on';

/** A run has ended, its tick is being skipped: the time between both, where nothing is in the way. */
const ON_THE_WAY_MS = 1000;
/** Faults that delay no claim. */
const HARMLESS: ReadonlySet<string> = new Set([
  'abort',
  'run-now',
  'script-flush',
  'job-stop',
  'resign',
  'stop',
  'crash',
]);

/** A script has written that a tick is skipped because a run of the job goes on. */
export function onSkippedForRun(
  { history, simulation, scenario, longest }: Watch,
  server: SimServer,
  job: string,
  slot: string,
): void {
  history.judge(BESIDE);
  const live = server.double.data.sortedSet(keys.unfinished)?.members ?? [];
  if (live.some(({ name, score }) => score > server.nowMs && name.slice(name.indexOf('|') + 1) === job))
    return;
  const sinceMs = simulation.world.nowMs - lateMs(scenario, longest.ttlMs);
  const endOf = ({ process }: Call): number => simulation.booted.get(process)?.process.endedAtMs ?? Infinity;
  const isBeside = history.calls.some(
    call => call.job === job && Math.min(overAtMs(call), endOf(call)) >= sinceMs,
  );
  if (!isBeside) history.violated(BESIDE, `${job} ${slot}`);
}

/** A claim that is held up on its way says what was so when it was sent. */
function lateMs({ faults }: Watch['scenario'], ttlMs: number): number {
  if (faults.every(({ kind }) => HARMLESS.has(kind))) return ON_THE_WAY_MS;
  return 2 * ttlMs + Math.max(...faults.map(fault => ('forMs' in fault ? fault.forMs : 0)));
}

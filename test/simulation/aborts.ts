import type { Fault, FaultKind } from './faults.js';
import type { Scenario } from './scenario.js';
import type { Simulation } from './simulation.js';
import { Control } from '../../lib/client/control.js';
import { VirtualEntropy } from '../support/virtual-entropy.js';
import { Random } from './world/random.js';

type Scene = Omit<Scenario, 'faults'>;
type AbortFault = Extract<Fault, { readonly kind: 'abort' }>;

/** Interval at which a fault searches for an unfinished run, ms. */
const PROBE_MS = 20;

/**
 * In every tenth scenario runs are aborted from outside; in every fifth one of these nothing else happens.
 *
 * @param others the faults that the scenario has without
 */
export function withAborts(scene: Scene, others: readonly Fault[], kinds?: readonly FaultKind[]): Fault[] {
  const { seed } = scene;
  if (kinds?.includes('abort') ?? seed % 10 === 8) {
    const aborts = abortsOf(scene);
    return kinds === undefined && seed % 50 === 8 ? aborts : [...others, ...aborts];
  }
  return [...others];
}

/** Of jobs whose runs take a while, where there are some. */
function abortsOf({ seed, jobs, pods, quietAtMs }: Scene): AbortFault[] {
  const random = new Random(seed ^ 0xab047);
  const long = jobs.filter(({ durationsMs }) => Math.max(...durationsMs) >= 50);
  return Array.from({ length: random.pick([1, 3, 8]) }, () => ({
    kind: 'abort' as const,
    pod: random.pick(pods).name,
    job: random.pick(long.length > 0 ? long : jobs).name,
    atMs: Math.round(random.uniform(2000, quietAtMs - 1)),
    forMs: Math.round(random.uniform(0, 8000)),
  }));
}

/** Waits for a run of the job that goes on, and asks that it should end. */
export function abortRun(simulation: Simulation, fault: AbortFault): void {
  const { world, history, scenario } = simulation;
  const untilMs = Math.min(fault.atMs + fault.forMs, scenario.quietAtMs);
  const probe = (): void => {
    const run = history.calls.findLast(({ job, endedAtMs }) => job === fault.job && endedAtMs === undefined);
    if (run !== undefined) return ask(simulation, fault, run.request ?? run.runId);
    if (world.nowMs < untilMs) world.after(PROBE_MS, probe);
  };
  probe();
}

/** As `abort()` of the application does, or the command line. */
function ask(simulation: Simulation, { pod: name, atMs }: AbortFault, id: string): void {
  const pod = simulation.berths.get(name)?.pod;
  if (pod === undefined) return;
  simulation.history.note(() => `${pod.id} asks to abort ${id}`);
  const { signal } = new AbortController();
  const control = new Control({
    clock: pod.process,
    entropy: new VirtualEntropy(atMs),
    find: job => ({ name: job, timeZone: undefined }),
    ask: send => send(pod.stores, signal),
    emit: () => undefined,
    closed: signal,
  });
  pod.process.receive(() => void control.abortRun(id).catch(() => undefined));
}

import type { Fault } from '../faults.js';
import type { Simulation } from '../simulation.js';
import { onPod } from './pod-faults.js';
import { onRedis } from './redis-faults.js';

/** Makes a fault happen now. One that finds nothing to hurt does nothing. */
export function inject(simulation: Simulation, fault: Fault): void {
  const { history } = simulation;
  const { faults, worlds } = history.counters;
  faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
  worlds[fault.kind] = 1;
  history.note(() => `FAULT ${JSON.stringify(fault)}`);
  if ('pod' in fault) {
    const berth = simulation.berths.get(fault.pod);
    if (berth !== undefined) onPod(simulation, berth, fault);
  } else onRedis(simulation, fault);
}

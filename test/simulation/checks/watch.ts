import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import type { History } from '../history.js';
import type { Scenario } from '../scenario.js';
import { LEASE_KEY } from '../sim-pod.js';
import type { Simulation } from '../simulation.js';
import type { BlameLog } from './blame.js';
import type { Times } from '../timing-world.js';
import type { PreferenceLog } from './preference.js';
import type { ProbeLog } from './probers.js';
import type { StepLog } from './clock-steps.js';
import type { DifferenceLog } from './differences.js';
import type { ScheduleLog } from './eras.js';
import type { ReportLog } from './reported.js';
import type { ReadingLog } from './readings.js';
import type { RemovalLog } from './removed.js';
import type { SimServer } from '../world/sim-server.js';
import type { LostRecords } from './lost-records.js';
import type { LeftToItself } from './left-to-themselves.js';
import type { PastTerms } from './term-ends.js';
import type { WriteLog } from './writes.js';

/** Everything that the checks know. */
export interface Watch {
  readonly scenario: Scenario;
  readonly history: History;
  readonly simulation: Simulation;
  /** Times that no pod exceeds. Rules about one pod use its own. */
  readonly longest: Times;
  /** By name of the server, and by job: the mark as it stood after the last command. */
  readonly watermarks: Map<string, Map<string, number>>;
  /** Per job, where it began: ticks up to then belong to no pod. */
  readonly opened: Map<string, number>;
  /** Per server, the lease as it stood after the last command. */
  readonly leases: Map<SimServer, Lease>;
  readonly writes: WriteLog;
  readonly lost: LostRecords;
  readonly preference: PreferenceLog;
  readonly probes: ProbeLog;
  readonly readings: ReadingLog;
  readonly blame: BlameLog;
  readonly reports: ReportLog;
  readonly removals: RemovalLog;
  readonly schedules: ScheduleLog;
  readonly differences: DifferenceLog;
  readonly steps: StepLog;
  readonly leftToThemselves: LeftToItself[];
  readonly pastTerms: PastTerms;
}

export interface Lease {
  readonly value: string;
  /** By the server's clock, Unix ms. */
  readonly expiresAt: number;
  /** When its holder was first found missing since it last renewed, in true time. */
  missingAtMs?: number;
}

const named = redisKeys(LEASE_KEY);

/** The keys of the simulated scheduler. The rules need those of each job after each script. */
export const keys = { ...named, job: remembered(named.job), runs: remembered(named.runs) };

/** A text that is put together anew is hashed anew, too, by each map that is searched for it. */
function remembered(keyOf: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return name => {
    const key = known.get(name) ?? keyOf(name);
    known.set(name, key);
    return key;
  };
}

/** The holder of a lease that was set manually to a value that a leader could have set. */
export const SOMEONE = 'someone';

/** The pod that set this value of the lease key; empty if none did: a key that was set manually belongs to no pod. */
export function holderIn(lease: unknown): string {
  const [, holder = ''] = typeof lease === 'string' ? (/^(.*)\|\d+$/.exec(lease) ?? []) : [];
  return holder === SOMEONE ? '' : holder;
}

/** Whether an acknowledged claim may have been lost by now: then doubles are possible, and documented. */
export function mayLose({ scenario, history }: Watch): boolean {
  // In strict mode a replica that is promoted has every claim that counted; only a server that loses its memory hurts.
  return history.losses.some(({ isFailOver }) => !(scenario.isStrict && isFailOver));
}

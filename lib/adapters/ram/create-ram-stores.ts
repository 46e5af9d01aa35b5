import type { Clock } from '../../ports/clock.js';
import type { ClusterStore, ControlStore } from '../../ports/control-store.js';
import type { HistoryStore } from '../../ports/history-store.js';
import type { LeaseStore } from '../../ports/lease-store.js';
import type { RunStore } from '../../ports/run-store.js';
import { RamClusterStore } from './ram-cluster-store.js';
import { RamControlStore } from './ram-control-store.js';
import { RamHistoryStore } from './ram-history-store.js';
import { RamJobs } from './ram-jobs.js';
import { RamLeaseStore } from './ram-lease-store.js';
import { RamRunStore } from './ram-run-store.js';

export interface RamStores {
  readonly lease: LeaseStore;
  readonly runs: RunStore;
  readonly history: HistoryStore;
  readonly control: ControlStore;
  readonly cluster: ClusterStore;
}

/** The options of the stores in RAM. */
export interface RamStoresOptions {
  /** The only candidate; `undefined`: none is shown. */
  readonly podId?: string;
  /** Version of its application. */
  readonly version?: string;
  readonly lease?: RamLeaseStore;
  readonly jobs?: RamJobs;
}

/** Makes the stores of one process: the same answers as from Redis, as long as the process lives. */
export function createRamStores(clock: Clock, options: RamStoresOptions = {}): RamStores {
  const { podId, version, lease = new RamLeaseStore(clock), jobs = new RamJobs(clock) } = options;
  return {
    lease,
    runs: new RamRunStore(jobs, lease, signal => lease.notify(signal)),
    history: new RamHistoryStore(jobs),
    control: new RamControlStore(jobs, signal => lease.notify(signal)),
    cluster: new RamClusterStore(jobs, podId, version),
  };
}

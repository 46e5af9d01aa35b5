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

/**
 * Makes the stores of one process: the same answers as from Redis, as long as the process lives.
 *
 * @param candidateId the only candidate
 * @param version of its application
 */
export function createRamStores(clock: Clock, candidateId?: string, version?: string): RamStores {
  const lease = new RamLeaseStore(clock);
  const jobs = new RamJobs(clock);
  return {
    lease,
    runs: new RamRunStore(jobs, lease),
    history: new RamHistoryStore(jobs),
    control: new RamControlStore(jobs, signal => lease.tell(signal)),
    cluster: new RamClusterStore(jobs, candidateId, version),
  };
}

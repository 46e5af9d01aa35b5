import { RamClusterStore } from '../../lib/adapters/ram/ram-cluster-store.js';
import { RamControlStore } from '../../lib/adapters/ram/ram-control-store.js';
import { RamHistoryStore } from '../../lib/adapters/ram/ram-history-store.js';
import { RamJobs } from '../../lib/adapters/ram/ram-jobs.js';
import { RamRunStore } from '../../lib/adapters/ram/ram-run-store.js';
import { electionTiming } from '../../lib/core/election/timing.js';
import type { AroundAttempt } from '../../lib/core/job/job.js';
import type { RunRecord } from '../../lib/ports/history-store.js';
import type { RunState } from '../../lib/core/run/run-outcome.js';
import { allUnfinished } from './all-unfinished.js';
import { ClusterLeaseStore } from './cluster-lease-store.js';
import { SECOND } from './durations.js';
import { Pod, secondOf, START, type Call, type JobSpec } from './engine-pod.js';
import { FaultyCandidateStore, FaultyClusterStore, FaultyControlStore } from './faulty-control-store.js';
import { FaultyLeaseStore } from './faulty-lease-store.js';
import { FaultyRunStore } from './faulty-run-store.js';
import { PodClock } from './pod-clock.js';
import { VirtualClock } from './virtual-clock.js';

export { secondOf, START, type Call, type JobSpec, type Pod } from './engine-pod.js';

/** `leader.ttl` of a pod. */
export const TTL = 10 * SECOND;
/** `leader.interval` of a pod. */
export const INTERVAL = 3 * SECOND;
/** How long a holder trusts a lease, or a run lock, that is not renewed. */
export const TRUST = 9 * SECOND;

export interface PodOptions {
  /** How far the pod's wall clock is ahead of the store's. */
  readonly aheadMs?: number;
  /** As in RAM mode: the store is in this process, and uses its wall clock. */
  readonly isStoreOwn?: boolean;
  /** How long after its start it starts what was missed. @default 0: as a pod that has been up for longer */
  readonly openAfterMs?: number;
  /** Whether it publishes its jobs, which 0.3 does not. @default true */
  readonly publishes?: boolean;
  /** Its `leader.interval`, ms. @default INTERVAL */
  readonly intervalMs?: number;
  /** Its `leader.ttl`, ms. @default TTL */
  readonly ttlMs?: number;
  /** Version of its application. @default '1' */
  readonly version?: string;
  /** Surrounds the attempts of its jobs. @default nothing */
  readonly around?: AroundAttempt;
}

/** Pods that share one store in the memory of this process, all on one virtual clock. */
export class EngineCluster {
  readonly clock = new VirtualClock(START);
  /** Every call of a handler, in order. */
  readonly calls: Call[] = [];
  readonly lease: ClusterLeaseStore;
  readonly control: RamControlStore;
  readonly cluster: RamClusterStore;
  readonly jobs = new RamJobs(this.clock);
  private readonly history = new RamHistoryStore(this.jobs);
  private readonly runs: RamRunStore;
  private readonly clocks: PodClock[] = [];

  constructor(private readonly specs: readonly JobSpec[] = [{}]) {
    this.lease = new ClusterLeaseStore(this.clock, this.jobs);
    this.control = new RamControlStore(this.jobs, signal => this.lease.notify(signal));
    this.cluster = new RamClusterStore(this.jobs, undefined);
    this.runs = new RamRunStore(this.jobs, this.lease, signal => this.lease.notify(signal));
  }

  /** Advances by `ms` milliseconds, and through all that their end has set in motion. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    while (this.clocks.some(({ collecting }) => collecting > 0)) await this.clock.advance(0);
  }

  /** Sets the clock of the store, forward or back, and not those of the pods. */
  stepStore(byMs: number): void {
    this.clock.jumpWall(byMs);
    for (const clock of this.clocks) clock.aheadMs -= byMs;
  }

  /** A pod that has not started. */
  pod(name: string, options: PodOptions = {}, specs = this.specs): Pod {
    const stores = { lease: new FaultyLeaseStore(this.lease), runs: new FaultyRunStore(this.runs) };
    const clock = new PodClock(this.clock, options.aheadMs ?? 0);
    const seed = this.clocks.push(clock);
    const control = new FaultyControlStore(this.control);
    const cluster = new FaultyClusterStore(this.cluster);
    const candidates = new FaultyCandidateStore(this.lease.candidates);
    const { publishes = true, intervalMs = INTERVAL, ttlMs = TTL, version = '1' } = options;
    return new Pod(name, specs, {
      ...stores,
      control,
      cluster,
      candidates,
      publishes,
      version,
      timing: electionTiming(intervalMs, ttlMs),
      clock,
      seed,
      isStoreOwn: options.isStoreOwn ?? false,
      openAfterMs: options.openAfterMs ?? 0,
      around: options.around,
      calls: this.calls,
    });
  }

  /** A pod that has started and, as the first one does, leads. */
  async started(name: string, options?: PodOptions, specs?: readonly JobSpec[]): Promise<Pod> {
    const pod = this.pod(name, options, specs);
    pod.start();
    await this.advance(0);
    return pod;
  }

  /** The ticks that were run, in order, in seconds after `START`. */
  seconds(job = 'job'): number[] {
    return this.calls.filter(call => call.job === job).map(({ second }) => second);
  }

  /** Which pod ran which tick, in order. */
  runsBy(job = 'job'): string[] {
    return this.calls.filter(call => call.job === job).map(({ pod, second }) => `${pod} ${second}`);
  }

  /** The records of ticks that have ended, oldest first. */
  async ended(job = 'job'): Promise<readonly RunRecord[]> {
    const records = await this.history.history({ job, limit: 10_000 });
    return records.toReversed();
  }

  /** The same in short: the second of the tick, what became of it, and why. */
  async outcomes(job = 'job'): Promise<string[]> {
    const records = await this.ended(job);
    return records.map(({ tick, state, reason }) => `${secondOf(tick)} ${state} ${reason}`.trim());
  }

  /** The record of a tick that has ended. */
  async recordOf(second: number, state?: RunState, job = 'job'): Promise<RunRecord> {
    const records = await this.ended(job);
    const found = records.find(one => secondOf(one.tick) === second && (state ?? one.state) === one.state);
    if (found === undefined) throw new Error(`There is no record of second ${second}`);
    return found;
  }

  /** The runs that have not ended. */
  async unfinished(): Promise<string[]> {
    const runs = await allUnfinished(this.runs);
    return runs.map(({ tick, liveMs }) => `${secondOf(tick)} ${liveMs > 0 ? 'live' : 'not live'}`);
  }
}

/*
 * The data of a removed job (watermark, pause, override, records) expire. The leader reads the names of the jobs with
 * data, page by page, and reports which of them no pod has; the store removes what has expired.
 *
 * A sweep begins when a renewal reports data of more jobs than tick here, once an hour at most; where nothing is renewed,
 * when the jobs of the leader have changed. A pod with an unknown job set may have any job: nothing is removed while
 * there is one.
 */
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Clock } from '../../ports/clock.js';
import type { ClusterStore, KeptFor, StoredNames } from '../../ports/control-store.js';
import { isUnknown, type StoreCall, type Unknown } from '../store-call.js';
import type { JobRegistry } from './job-registry.js';
import type { JobSets } from '../election/job-sets.js';
import type { LeaderElector } from '../election/elector.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The list of pods is relied on for this time after it was read. */
const FRESH_MS = 10_000;
/** How a sweep ended. `unanswered`: the store did not answer; `unknown`: the job set of a pod is not known. */
type SweepEnd = 'done' | 'unanswered' | 'unknown';

/** The next sweep begins after this time at the latest, ms. The store forgets a pod that it did not see for ten minutes. */
const AGAIN_MS: Readonly<Record<SweepEnd, number>> = { done: Infinity, unanswered: 10_000, unknown: 600_000 };

export const SWEEP_EVERY_MS = HOUR_MS;
/** A week without a pod that has the job is a gap between two deployments. At most and by default: as `history.maxAge`. */
export const KEPT_FOR: KeptFor = { leastMs: 7 * DAY_MS, mostMs: 3650 * DAY_MS, unknownMs: 30 * DAY_MS };

export interface JobSweeperDeps {
  readonly podId: string;
  readonly cluster: ClusterStore;
  readonly jobs: Pick<JobRegistry, 'find'>;
  /** `undefined`: there are no other pods. */
  readonly jobSets: Pick<JobSets, 'readOthers'> | undefined;
  readonly elector: Pick<LeaderElector, 'fenced'>;
  readonly storeCall: StoreCall;
  readonly clock: Clock;
  /** The shortest time between two sweeps, ms. */
  readonly sweepEveryMs: number;
  readonly kept: KeptFor;
}

export class JobSweeper {
  private next: { readonly from: Instant; readonly inMs: number } | undefined;
  private isUnderWay = false;

  constructor(private readonly deps: JobSweeperDeps) {}

  /** Has the store remove what has expired, unless that was done lately. Resolves when that is done. Never rejects. */
  async sweep(token: number): Promise<void> {
    if (this.isUnderWay || !this.isDue) return;
    this.isUnderWay = true;
    const { clock, sweepEveryMs } = this.deps;
    const from = clock.now();
    const end = await this.sweepAll(token);
    this.next = { from, inMs: Math.min(AGAIN_MS[end], sweepEveryMs) };
    this.isUnderWay = false;
  }

  private async sweepAll(token: number): Promise<SweepEnd> {
    const others = await this.namesOfOthers();
    return typeof others === 'string' ? others : this.walk(others, token);
  }

  private get isDue(): boolean {
    const { next } = this;
    return next === undefined || elapsedMs(next.from, this.deps.clock.now()) >= next.inMs;
  }

  /** The names of the jobs of all other pods, or why they are not known. */
  private async namesOfOthers(): Promise<ReadonlySet<string> | Exclude<SweepEnd, 'done'>> {
    const { jobSets, storeCall, cluster, podId } = this.deps;
    if (jobSets === undefined) return new Set();
    const others = await jobSets.readOthers();
    if (typeof others === 'string') return others;
    const view = await storeCall.call((signal, onPage) => cluster.pods(signal, onPage));
    if (isUnknown(view)) return 'unanswered';
    // Pods of 0.3 compete, and do not publish their jobs.
    const isKnown = view.pods.every(pod => pod.podId === podId || others.has(pod.podId));
    return isKnown ? new Set([...others.values()].flatMap(({ jobs }) => [...jobs.keys()])) : 'unknown';
  }

  /** Sweeps page by page. Pages without an answer, or not reached soon, are left to the next sweep: pods come meanwhile. */
  private async walk(others: ReadonlySet<string>, token: number): Promise<SweepEnd> {
    const { storeCall, cluster, clock } = this.deps;
    const from = clock.now();
    let after: string | undefined = '';
    while (after !== undefined && elapsedMs(from, clock.now()) < FRESH_MS) {
      const where: string = after;
      const page: StoredNames | Unknown = await storeCall.call(signal => cluster.jobNames(where, signal));
      if (isUnknown(page) || !(await this.sweepPage(page.names, others, token))) return 'unanswered';
      after = page.next;
    }
    return after === undefined ? 'done' : 'unknown';
  }

  private async sweepPage(
    names: readonly string[],
    others: ReadonlySet<string>,
    token: number,
  ): Promise<boolean> {
    const { storeCall, cluster, podId, jobs, elector, kept } = this.deps;
    if (names.length === 0) return true;
    const isPresent = (name: string) => others.has(name) || jobs.find(name) !== undefined;
    const absent = names.filter(name => !isPresent(name));
    const request = { podId, token, absent, present: names.filter(isPresent), kept };
    const swept = await storeCall.call(signal => cluster.sweep(request, signal));
    if (swept === undefined) elector.fenced(token);
    return swept !== undefined && !isUnknown(swept);
  }
}

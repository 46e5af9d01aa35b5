/*
 * What belongs to a removed job (watermark, pause, override, records) expires. The leader reads the names of the jobs of
 * which something is kept, page by page, and says which of them no pod has; the store removes what has expired.
 *
 * It looks when a renewal says that something is kept of more jobs than tick here, once an hour at most; where nothing is
 * renewed, when its jobs have changed. A pod of which is not known which jobs it has may have any: nothing is removed
 * while there is one.
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
/** For so long it is relied on which pods there are. */
const FRESH_MS = 10_000;
/** How a look ended. `unanswered`: the store did not answer; `unknown`: it is not known of a pod which jobs it has. */
type Look = 'done' | 'unanswered' | 'unknown';

/** When to look again at the latest, ms. Pods that were not seen for ten minutes are forgotten, what they have or not. */
const AGAIN_MS: Readonly<Record<Look, number>> = { done: Infinity, unanswered: 10_000, unknown: 600_000 };

export const SWEEP_EVERY_MS = HOUR_MS;
/** A week without a pod that has the job is a gap between two deployments. At most and by default: as `history.maxAge`. */
export const KEPT_FOR: KeptFor = { leastMs: 7 * DAY_MS, mostMs: 3650 * DAY_MS, unknownMs: 30 * DAY_MS };

export interface JobSweeperDeps {
  readonly candidateId: string;
  readonly cluster: ClusterStore;
  readonly jobs: Pick<JobRegistry, 'find'>;
  /** `undefined`: there are no other pods. */
  readonly jobSets: Pick<JobSets, 'readOthers'> | undefined;
  readonly elector: Pick<LeaderElector, 'fenced'>;
  readonly storeCall: StoreCall;
  readonly clock: Clock;
  /** How often to look at most, ms. */
  readonly sweepEveryMs: number;
  readonly kept: KeptFor;
}

export class JobSweeper {
  private next: { readonly from: Instant; readonly inMs: number } | undefined;
  private isUnderWay = false;

  constructor(private readonly deps: JobSweeperDeps) {}

  /** Looks for what has expired, unless that was done lately. Resolves when that is done. Never rejects. */
  async sweep(token: number): Promise<void> {
    if (this.isUnderWay || !this.isDue) return;
    this.isUnderWay = true;
    const { clock, sweepEveryMs } = this.deps;
    const from = clock.now();
    const look = await this.look(token);
    this.next = { from, inMs: Math.min(AGAIN_MS[look], sweepEveryMs) };
    this.isUnderWay = false;
  }

  private async look(token: number): Promise<Look> {
    const others = await this.namesOfOthers();
    return typeof others === 'string' ? others : this.walk(others, token);
  }

  private get isDue(): boolean {
    const { next } = this;
    return next === undefined || elapsedMs(next.from, this.deps.clock.now()) >= next.inMs;
  }

  /** The names of the jobs of all other pods, or why they are not known. */
  private async namesOfOthers(): Promise<ReadonlySet<string> | Exclude<Look, 'done'>> {
    const { jobSets, storeCall, cluster, candidateId } = this.deps;
    if (jobSets === undefined) return new Set();
    const others = await jobSets.readOthers();
    if (typeof others === 'string') return others;
    const view = await storeCall.call((signal, onPage) => cluster.pods(signal, onPage));
    if (isUnknown(view)) return 'unanswered';
    // Pods of 0.3 compete, and do not tell of their jobs.
    const isKnown = view.pods.every(pod => pod.candidateId === candidateId || others.has(pod.candidateId));
    return isKnown ? new Set([...others.values()].flatMap(({ jobs }) => [...jobs.keys()])) : 'unknown';
  }

  /** Looks at all names. What gets no answer, or is not reached soon, is left to the next time: pods come meanwhile. */
  private async walk(others: ReadonlySet<string>, token: number): Promise<Look> {
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
    const { storeCall, cluster, candidateId, jobs, elector, kept } = this.deps;
    if (names.length === 0) return true;
    const isPresent = (name: string) => others.has(name) || jobs.find(name) !== undefined;
    const absent = names.filter(name => !isPresent(name));
    const request = { candidateId, token, absent, present: names.filter(isPresent), kept };
    const swept = await storeCall.call(signal => cluster.sweep(request, signal));
    if (swept === undefined) elector.fenced(token);
    return swept !== undefined && !isUnknown(swept);
  }
}

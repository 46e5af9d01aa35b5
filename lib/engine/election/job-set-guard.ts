import { elapsedMs, type Instant } from '../../core/election/instant.js';
import {
  differenceOf,
  isLargerSet,
  UNPUBLISHED,
  type FoundDifference,
  type JobSetDifference,
} from '../../core/election/job-set-difference.js';
import { tickingJobs, type JobSet } from '../../core/election/job-set.js';
import { longerTime } from '../../core/election/leader-preference.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Clock } from '../../ports/clock.js';
import type { CandidateBoard } from './candidate-board.js';
import type { EventBus } from '../event-bus.js';
import type { OwnJobSet } from './own-job-set.js';

/** Beyond what a change of leader takes. */
const SLACK_MS = 5000;
/** Pods of different versions may differ for this time: a rolling update is under way. */
const UPDATE_MS = 600_000;
/** The number of different findings that are remembered as reported. */
const REMEMBERED = 100;

export interface JobSetGuardDeps {
  readonly board: CandidateBoard;
  readonly own: OwnJobSet;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly events: EventBus;
}

type Times = Pick<ElectionTiming, 'ttlMs' | 'intervalMs'>;

interface Noticed {
  readonly difference: JobSetDifference;
  readonly key: string;
  readonly holder: string;
  readonly since: Instant;
  readonly afterMs: number;
  readonly isOtherVersion: boolean;
}

/** Compares the jobs of a follower with those of the leader, and reports what the preference for a leader does not cure. */
export class JobSetGuard {
  private noticed: Noticed | undefined;
  private readonly reported = new Set<string>();

  constructor(private readonly deps: JobSetGuardDeps) {}

  /** Another pod leads, and its published set has been read as far as possible. */
  compareWith(holder: string): void {
    const { board, own, clock } = this.deps;
    if (!board.isCurrent) return;
    const mine = own.now();
    const leader = board.setOf(holder);
    const difference = compare(mine, leader);
    if (difference === undefined) return this.clear();
    const key = JSON.stringify(difference);
    const since = this.noticed?.key === key ? this.noticed.since : clock.now();
    // Nothing is known of the version of a leader that publishes nothing.
    const isOtherVersion = leader?.version !== mine.version;
    const afterMs = this.patienceMs(mine, leader, board.find(holder));
    this.noticed = { difference, key, holder, since, afterMs, isOtherVersion };
    this.report();
  }

  /** This pod leads. */
  clear(): void {
    this.noticed = undefined;
  }

  /** The difference, once it has lasted longer than a change of leader takes. */
  get found(): FoundDifference | undefined {
    const { noticed } = this;
    if (noticed === undefined) return undefined;
    const lastedMs = elapsedMs(noticed.since, this.deps.clock.now());
    if (lastedMs < noticed.afterMs) return undefined;
    const { difference, holder, isOtherVersion } = noticed;
    return { ...difference, podId: holder, isInformation: isOtherVersion && lastedMs < UPDATE_MS };
  }

  private report(): void {
    const { found, noticed, reported } = this;
    if (found === undefined || noticed === undefined) return;
    const key = `${noticed.key} ${found.isInformation}`;
    if (reported.has(key)) return;
    if (reported.size >= REMEMBERED) reported.clear();
    reported.add(key);
    this.deps.events.emit({ type: 'jobs.different', ...found });
  }

  /** A larger set is about to lead; it has as long as that takes with the longer times of the two pods. */
  private patienceMs(own: JobSet, leader: JobSet | undefined, theirs: Times | undefined): number {
    const { timing } = this.deps;
    const { ttlMs = 0, intervalMs = 0 } = theirs ?? {};
    const longest = {
      ttlMs: longerTime(timing.ttlMs, ttlMs),
      intervalMs: longerTime(timing.intervalMs, intervalMs),
    };
    const isPreferred = leader !== undefined && isLargerSet(own, leader);
    return (isPreferred ? 2 * longest.ttlMs + 3 * longest.intervalMs : timing.ttlMs) + SLACK_MS;
  }
}

function compare(own: JobSet, leader: JobSet | undefined): JobSetDifference | undefined {
  if (leader !== undefined) return differenceOf(own, leader);
  return tickingJobs(own).size > 0 ? UNPUBLISHED : undefined;
}

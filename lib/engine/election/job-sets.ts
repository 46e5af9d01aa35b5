/*
 * The jobs that this pod publishes and those that it knows of others: its own set, the candidates, the preference for a
 * leader, and the comparison with the leader. They go with the commands of the election.
 */
import type { CronJobCall } from '../../core/events.js';
import type { PodFacts } from '../../core/run/run-facts.js';
import type { JobSet } from '../../core/election/job-set.js';
import type { FoundDifference } from '../../core/election/job-set-difference.js';
import type { Job } from '../../core/job/job.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Candidacy, CandidateStore } from '../../ports/candidate-store.js';
import type { Clock } from '../../ports/clock.js';
import type { HeldLease, RenewedLease } from '../../ports/lease-store.js';
import type { Ticker } from '../../ports/ticker.js';
import type { StoreCall } from '../store-call.js';
import { CandidateBoard } from './candidate-board.js';
import type { EngineErrors } from '../engine-errors.js';
import type { EventBus } from '../event-bus.js';
import type { JobTimers } from '../job-timers.js';
import type { ScheduleOverrides } from '../control/schedule-overrides.js';
import { JobSetGuard } from './job-set-guard.js';
import type { LeaderElector } from './elector.js';
import { LeadershipPreference } from './leadership-preference.js';
import { OwnJobSet } from './own-job-set.js';
import type { StoreClock } from './store-clock.js';

export interface JobSetsDeps {
  readonly podId: string;
  readonly pod: PodFacts;
  readonly store: CandidateStore;
  readonly timers: Pick<JobTimers, 'all'>;
  readonly overrides: Pick<ScheduleOverrides, 'of'>;
  readonly elector: LeaderElector;
  readonly ticker: Ticker;
  readonly storeCall: StoreCall;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly events: EventBus;
  readonly errors: EngineErrors;
}

export class JobSets {
  private readonly board: CandidateBoard;
  private readonly preference: LeadershipPreference;
  private readonly guard: JobSetGuard;
  private holder = '';
  /** Calls on CronJobs that were reported. */
  private readonly reported = new Set<string>();

  constructor(private readonly deps: JobSetsDeps) {
    const own = new OwnJobSet({ ...deps, onPublished: () => deps.elector.reportSoon() });
    const board = new CandidateBoard(deps);
    this.board = board;
    this.preference = new LeadershipPreference({ ...deps, own, board });
    this.guard = new JobSetGuard({ ...deps, own, board });
    deps.storeClock.watchSteps(() => board.forget());
    deps.ticker.watch((job, call) => this.changedHere(job, call));
  }

  /** See `ElectionObserver`. */
  candidacy(): Candidacy {
    return this.preference.candidacy();
  }

  /** See `ElectionObserver`. */
  get deferMs(): number {
    return this.preference.deferMs;
  }

  /** See `ElectionObserver`. */
  distrust(): void {
    this.preference.distrust();
  }

  /** Another pod holds the lease. */
  followed({ holder, token, candidates, now }: HeldLease): void {
    // A key that was set manually has no token: no pod runs jobs.
    if (candidates === undefined || token === 0) return;
    this.holder = holder;
    const considered = this.preference.followed(holder, candidates, now).then(() => {
      if (this.holder === holder) this.guard.compareWith(holder);
    });
    this.deps.errors.inBackground(considered);
  }

  /** The lease was renewed. */
  renewed({ candidates, now }: RenewedLease): void {
    if (candidates !== undefined) this.deps.errors.inBackground(this.preference.renewed(candidates, now));
  }

  /** A term has begun here. */
  elected(): void {
    this.holder = '';
    this.guard.clear();
    this.deps.errors.inBackground(this.preference.elected());
  }

  /** This pod shuts down: others are not to wait for it. Does not wait itself. */
  drain(): void {
    const { store, storeCall, podId, errors } = this.deps;
    this.preference.drain();
    errors.inBackground(storeCall.call(signal => store.mark(podId, 'draining', signal)));
  }

  /** How the jobs of this pod differ from those of the leader; `undefined`: they do not, or it is about to be settled. */
  get difference(): FoundDifference | undefined {
    return this.guard.found;
  }

  /** Whether the leader is known not to have the job, or to have it stopped: asking it to resign is no use. */
  isMissingOn(holder: string, job: string): boolean {
    const set = this.board.setOf(holder);
    return set !== undefined && set.jobs.get(job)?.isStopped !== false;
  }

  /** Fingerprint of the schedule that the job has on a pod; `undefined`: it is not known. */
  scheduleOn(holder: string, job: string): string | undefined {
    return this.board.setOf(holder)?.jobs.get(job)?.schedule;
  }

  /** The job sets of all other candidates, read anew; `unknown`: one of them is not. Never rejects. */
  async readOthers(): Promise<ReadonlyMap<string, JobSet> | 'unanswered' | 'unknown'> {
    const { board } = this;
    if (!(await board.refresh())) return 'unanswered';
    const sets = new Map<string, JobSet>();
    for (const { podId } of board.others) {
      const set = board.setOf(podId);
      if (set === undefined) return 'unknown';
      sets.set(podId, set);
    }
    return sets;
  }

  /** The other pods on which the job is stopped, as far as is known. */
  stoppedOn(job: string): readonly string[] {
    const { board } = this;
    return board.others
      .filter(({ podId }) => board.setOf(podId)?.jobs.get(job)?.isStopped === true)
      .map(({ podId }) => podId);
  }

  /** On the leader it has an effect: a job that stops there makes its set smaller. */
  private changedHere({ name: job }: Job, call: CronJobCall): void {
    const { elector, events } = this.deps;
    const key = `${call} ${job}`;
    if (elector.isLeader() || this.reported.has(key)) return;
    this.reported.add(key);
    events.emit({ type: 'job.changed', job, call });
  }
}

/*
 * Carries out the rule of `core/election/leader-preference` on one pod: see there.
 */
import { isLarger, tickingJobs } from '../../core/election/job-set.js';
import {
  DEFER_MS,
  distrustedUntil,
  isAlive,
  isUnsteady,
  shouldDefer,
  shouldHandOver,
  staleAfterMs,
} from '../../core/election/leader-preference.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Candidacy, CandidateNews, CandidateState } from '../../ports/candidate-store.js';
import type { Clock } from '../../ports/clock.js';
import type { CandidateBoard, Seen } from './candidate-board.js';
import type { EventBus } from '../event-bus.js';
import type { HeldTerm } from './election-state.js';
import type { LeaderElector } from './elector.js';
import type { OwnJobSet } from './own-job-set.js';
import type { StoreClock } from './store-clock.js';

export interface LeadershipPreferenceDeps {
  readonly board: CandidateBoard;
  readonly own: OwnJobSet;
  readonly elector: Pick<LeaderElector, 'currentTerm' | 'handOver'>;
  readonly storeClock: Pick<StoreClock, 'aheadMs'>;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly events: EventBus;
}

export class LeadershipPreference {
  private state: CandidateState = 'up';
  private distrustedUntil = 0;
  private rival = '';
  /** Of the term that this pod follows, or has held. */
  private holder = '';
  private handOvers: readonly number[] = [];

  constructor(private readonly deps: LeadershipPreferenceDeps) {}

  /** The note that the next attempt or renewal carries, and the rival about which it asks. */
  candidacy(): Candidacy {
    const { own, timing } = this.deps;
    const jobs = tickingJobs(own.now());
    this.rival = this.nextRival(jobs)?.podId ?? '';
    const { state, distrustedUntil: distrusted, rival } = this;
    const { intervalMs, ttlMs } = timing;
    const note = { state, distrustedUntil: distrusted, intervalMs, ttlMs };
    return { ...own.note(), ...note, rival, staleMs: staleAfterMs(timing) };
  }

  /** Another pod holds the lease. */
  async followed(holder: string, news: CandidateNews, now: number): Promise<void> {
    this.holder = holder;
    this.take(news, now);
    await this.deps.board.follow(news.changes);
  }

  /** The lease was renewed: it may be time to hand it over. */
  async renewed(news: CandidateNews, now: number): Promise<void> {
    this.take(news, now);
    this.judge(now);
    await this.deps.board.follow(news.changes);
    this.judge(now);
  }

  /** A term has begun: a leader without jobs does not wait for its first renewal. */
  async elected(): Promise<void> {
    const { board, own } = this.deps;
    this.holder = '';
    if (tickingJobs(own.now()).size > 0) return;
    // The notes read before may be out of date: the candidate may have led and resigned since.
    if (await board.refresh()) this.judge(this.storeNow);
  }

  /** How much later this pod competes for a lease that becomes free, ms. */
  get deferMs(): number {
    const { board, own, timing } = this.deps;
    const jobs = tickingJobs(own.now());
    const now = this.storeNow;
    const better = board.others.some(
      rival =>
        rival.podId !== this.holder &&
        now - rival.readAt <= staleAfterMs(timing) &&
        shouldDefer(jobs, rival, rival.readAt, timing),
    );
    return better ? DEFER_MS : 0;
  }

  /** This pod has lost a term through a fault of its own. */
  distrust(): void {
    this.distrustedUntil = distrustedUntil(this.storeNow, this.deps.timing);
  }

  /** This pod shuts down. */
  drain(): void {
    this.state = 'draining';
  }

  private take({ rival, isPageKept, handOvers }: CandidateNews, now: number): void {
    const { board, own } = this.deps;
    this.handOvers = handOvers;
    if (!isPageKept) own.pageLost();
    if (rival !== undefined) board.note(rival, now);
  }

  /** Resigns where the rule says so. Only notes that are fresh count. */
  private judge(now: number): void {
    const { board, own, elector, timing, events } = this.deps;
    const term = elector.currentTerm();
    if (term === undefined || this.state !== 'up') return;
    const jobs = tickingJobs(own.now());
    const termSince = this.beginningOf(term, now);
    const leader = { jobs, termSince, handOvers: this.handOvers, now, times: timing };
    const rival = board.others.find(one => {
      const at = Math.max(now, one.readAt);
      return (
        at - one.readAt <= staleAfterMs(timing) && shouldHandOver({ ...leader, now: at }, one, one.first)
      );
    });
    if (rival === undefined) return;
    // Where only one pod has jobs, the lease may pass through many pods in a moment: that is one move.
    const isMove = now - termSince >= timing.intervalMs;
    if (isMove && isUnsteady([...this.handOvers, now], now, timing))
      events.emit({ type: 'leader.unsteady', podId: rival.podId });
    elector.handOver(term.token, isMove);
  }

  /** When a term began by the store's clock. One that seems to begin only, as after a step back: by that of this pod. */
  private beginningOf({ since, beganAt }: HeldTerm, now: number): number {
    const ledMs = now - since.getTime();
    return ledMs >= 0 ? since.getTime() : now - (this.deps.clock.now().monoMs - beganAt.monoMs);
  }

  /**
   * One that is alive, as far as is known, and to be preferred, if there is such a one: one that is distrusted keeps no
   * other from being asked about. The one asked about before, as long as it is.
   */
  private nextRival(jobs: ReadonlySet<string>): Seen | undefined {
    const { board, timing } = this.deps;
    const now = this.storeNow;
    const rivals = board.others.filter(
      ({ podId, jobs: theirs, state }) =>
        theirs !== undefined && isLarger(theirs, jobs) && state === 'up' && podId !== this.holder,
    );
    const alive = rivals.filter(rival => isAlive(rival, rival.readAt, timing));
    const better = alive.filter(rival => shouldDefer(jobs, { ...rival, seenAt: now }, now, timing));
    const choice = better.length > 0 ? better : alive;
    return choice.find(({ podId }) => podId === this.rival) ?? choice[0];
  }

  private get storeNow(): number {
    const { clock, storeClock } = this.deps;
    return clock.now().wallMs - (storeClock.aheadMs ?? 0);
  }
}

/*
 * Besides the main path: what becomes of a tick that the store has queued, of one that it could not decide, and of all that
 * wait when the term ends or the job is closed.
 */
import type { Instant } from '../../core/election/instant.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { SkipReason } from '../../core/run/run-outcome.js';
import type { EventBus } from '../event-bus.js';
import type { ClaimQueue } from './claim-queue.js';
import type { Entropy } from '../../ports/entropy.js';
import type { StoreClock } from '../election/store-clock.js';
import type { JobEvent, JobInbox } from './job-event.js';
import type { JobPosition } from './job-position.js';
import { skippedEvent, type PutBack } from './tick-events.js';
import type { TickList } from './tick-list.js';
import type { Tick, TickStep } from './tick.js';

/** A queued tick is claimed this often when the lock that it waits for may have lapsed; after that, each interval. */
const FREQUENT_POLLS = 3;

export interface TickWaitsDeps {
  readonly claims: Pick<ClaimQueue, 'claim' | 'mayGoOn' | 'retryMoment' | 'releaseInTerm'>;
  readonly timing: ElectionTiming;
  readonly storeClock: StoreClock;
  readonly entropy: Entropy;
  readonly events: EventBus;
  readonly settleOrphans: (token: number) => Promise<void>;
}

type WaitEvent = Extract<
  JobEvent,
  { readonly kind: 'moment' | 'settled' | 'released' | 'term-ended' | 'closed' }
>;

/** The job whose ticks wait. */
export interface TickOwner extends JobInbox {
  /** Takes a tick to the state that follows, if this can happen in the present one. */
  enter(tick: Tick, step: TickStep, waitMs?: number): void;
}

export class TickWaits {
  constructor(
    private readonly job: string,
    private readonly owner: TickOwner,
    private readonly list: TickList,
    private readonly deps: TickWaitsDeps,
  ) {}

  handle(event: WaitEvent): void {
    switch (event.kind) {
      case 'moment':
        return this.onMoment(event.tick);
      case 'settled':
        return this.settled(event.tick);
      case 'released':
        return this.released(event.tick, event.isCertain);
      case 'term-ended':
      case 'closed':
        return this.end();
    }
  }

  /** It is the turn of a tick of a job with jitter: one that is to be run waits for its moment, oldest first. */
  start(tick: Tick, jitterMs: number): void {
    const { entropy, storeClock } = this.deps;
    const hasMoment = !tick.isBeside && tick.due.intent === 'run';
    // A tick that is older waits less.
    const waitMs = hasMoment ? tick.due.tick + entropy.uniform(0, jitterMs) - storeClock.nowMs : 0;
    this.owner.enter(tick, waitMs > 0 ? 'jitter' : 'claim', Math.min(waitMs, jitterMs));
  }

  /** A tick, and what waits in line behind it, is due again. A manual run is not part of the schedule: it waits by itself. */
  putBack(position: JobPosition, tick: Tick, { kind, waitMs }: PutBack, askedAt: Instant): void {
    const { due, token } = tick;
    if (due.manual === true) return this.queue(tick, waitMs, true);
    const isReleased = due.isReleased === true;
    this.owner.enter(tick, 'put-back');
    // A tick that was released before is found again with the runs that have not ended.
    if (!isReleased) for (const one of this.list.behind(tick)) this.owner.enter(one, 'drop');
    if (kind === 'early') {
      this.deps.storeClock.corrected(askedAt, due.tick - waitMs);
      position.early(due, token, waitMs);
    } else if (!isReleased) position.block(due, token, tick.isOutdated ? 0 : waitMs);
  }

  /**
   * The tick waits for a run whose lock lasts for `lockMs`, or for a pause: queued in the store, or, where it is undecided,
   * here alone.
   */
  queue(tick: Tick, lockMs: number, isUndecided = false): void {
    tick.lockMs = lockMs;
    tick.isUndecided = isUndecided;
    const { intervalMs } = this.deps.timing;
    // A crashed run that is never settled is left for later, such as the end of its job's initial delay.
    const waitMs = tick.polls < FREQUENT_POLLS ? lockMs + 1 : intervalMs;
    this.owner.enter(tick, 'queue', Math.min(intervalMs, waitMs));
    if (this.list.isClosed) this.owner.enter(tick, 'withdraw');
    else if (tick.isOutdated) this.poll(tick);
  }

  /** The run may have ended that a queued tick waits for. */
  poll(tick: Tick): void {
    if (!this.deps.claims.mayGoOn(tick.token)) return this.owner.enter(tick, 'drop');
    const mayHaveLapsed = tick.lockMs < this.deps.timing.intervalMs;
    if (mayHaveLapsed) tick.polls += 1;
    this.owner.enter(tick, mayHaveLapsed ? 'settle' : 'claim');
  }

  async settle(tick: Tick): Promise<void> {
    await this.deps.settleOrphans(tick.token);
    this.owner.post({ kind: 'settled', tick });
  }

  private settled(tick: Tick): void {
    // When the term is over, the next leader finds the tick queued.
    this.owner.enter(tick, this.deps.claims.mayGoOn(tick.token) ? 'claim' : 'drop');
  }

  async awaitRetry(tick: Tick): Promise<void> {
    await this.deps.claims.retryMoment();
    this.owner.post({ kind: 'moment', tick });
  }

  /** The wait of a tick is over. */
  private onMoment(tick: Tick): void {
    if (tick.state === 'queued') return this.poll(tick);
    if (tick.state === 'refused') return this.owner.enter(tick, 'release');
    if (tick.state !== 'jittering') return;
    if (this.deps.claims.mayGoOn(tick.token)) return this.owner.enter(tick, 'claim');
    this.giveUp(tick, 'not-leader');
  }

  async release(tick: Tick): Promise<void> {
    const { claim, token } = tick;
    const isCertain = claim === undefined || (await this.deps.claims.releaseInTerm(claim, token));
    this.owner.post({ kind: 'released', tick, isCertain });
  }

  /** Ticks are claimed again once it is certain that no pod holds them under the run id before. */
  private released(tick: Tick, isCertain: boolean): void {
    this.owner.enter(tick, 'released');
    if (!isCertain && tick.state === 'released') this.giveUp(tick, 'store-unavailable');
    for (const one of this.list.released) {
      if (this.list.isBehindRelease(one)) continue;
      if (!this.deps.claims.mayGoOn(one.token)) this.giveUp(one, 'store-unavailable');
      else this.owner.enter(one, this.list.isClosed ? 'drop' : 'claim');
    }
  }

  /** The term has ended, or the job is closed: nothing waits for its moment any more. */
  private end(): void {
    const { isClosed, all } = this.list;
    for (const tick of all) {
      const isOver = isClosed || !this.deps.claims.mayGoOn(tick.token);
      if (isOver && tick.state === 'jittering') this.giveUp(tick, 'not-leader');
      else if (isClosed && tick.state !== 'waiting') this.owner.enter(tick, 'withdraw');
      else if (isOver && ['waiting', 'queued', 'settling'].includes(tick.state))
        this.owner.enter(tick, 'drop');
    }
  }

  /** The tick is left to the next leader. */
  private giveUp(tick: Tick, reason: SkipReason): void {
    this.deps.events.emit(skippedEvent(this.job, tick.due, reason));
    this.owner.enter(tick, 'drop');
  }
}

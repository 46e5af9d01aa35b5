/*
 * The decision about one tick: asked of the store until the tick is granted, or it is certain that it is not.
 */
import type { Schedule } from '../../core/schedule/schedule.js';
import type { SkipReason } from '../../core/run/run-outcome.js';
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Job } from '../../core/job/job.js';
import { tickFacts, type PodFacts } from '../../core/run/run-facts.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Clock } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import type { Claim, Intent } from '../../ports/run-store.js';
import type { Claimer, SettledAnswer } from './claim-queue.js';
import type { EventBus } from '../event-bus.js';
import type { LeaderElector } from '../election/elector.js';
import type { RunExecutor } from '../runs/run-executor.js';
import { StartSpread } from './start-jitter.js';
import type { StoreClock } from '../election/store-clock.js';

/** So many looks for the crashed run that bars the way follow the store's answer; those after them, the interval. */
const FREQUENT_LOOKS = 3;

/** A tick and what is to become of it. */
export interface DueTick {
  /** Unix ms. */
  readonly tick: number;
  readonly intent: Intent;
  /** Why it does not run, where it is not to. */
  readonly reason?: SkipReason;
  readonly catchUp?: boolean;
  readonly manual?: boolean;
  /** Of a run fired by hand: names its place beside the schedule. */
  readonly handle?: string | undefined;
  /** A run that was asked for in the store, where the request stands until it is decided about. */
  readonly isRequested?: boolean;
  /** It was claimed or queued before, and given back. */
  readonly isGivenBack?: boolean;
  /** The schedule that names it, where that is not the job's own any more. */
  readonly schedule?: Schedule;
  /** With intent `missed`: the ticks after this instant (Unix ms) were missed, so many of them. */
  readonly since?: number;
  readonly count?: number;
}

/** A tick, and the term in which it is asked for. */
export interface Order {
  readonly due: DueTick;
  readonly token: number;
}

/** A tick that is this process's to run. */
export interface Granted {
  readonly claim: Claim;
  /** Above 1 when an earlier attempt crashed. */
  readonly attempt: number;
  readonly askedAt: Instant;
}

/** An answer that needs no waiting. */
interface ToGoBy {
  readonly answer: Exclude<SettledAnswer, { kind: 'queued' }>;
  readonly askedAt: Instant;
  /** A run of the job has ended since the question: an answer that it goes on is out of date. */
  readonly isOutdated: boolean;
}

/** The store says that a tick is not due yet. */
export interface EarlyAnswer {
  /** Before the question was written. */
  readonly askedAt: Instant;
  /** How long it was until the tick when the store answered. */
  readonly waitMs: number;
}

export interface TickDeciderDeps {
  readonly pod: PodFacts;
  readonly elector: Pick<LeaderElector, 'fenced'>;
  readonly claimer: Claimer;
  readonly executor: Pick<RunExecutor, 'isRunning'>;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly entropy: Entropy;
  readonly events: EventBus;
  /** Told of a tick that was asked for before it is due by the store's clock. */
  readonly onEarly: (due: DueTick, early: EarlyAnswer) => void;
  /** Told of a tick that a run of an earlier term holds up, for another `waitMs` at most. */
  readonly onBarred: (due: DueTick, waitMs: number) => void;
  /** Settles the runs whose pod has died, before a tick asks for the lock of one. */
  readonly settleOrphans: (token: number) => Promise<void>;
}

/** Decides about the ticks of one job. */
export class TickDecider {
  private readonly wakers = new Set<() => void>();
  private readonly runIds = new Set<string>();
  private readonly queuedIds = new Set<string>();
  /** What is being decided about, ticks of the schedule and manual runs, and in which term (its token). */
  private readonly slots = new Map<string, number>();
  private asking = 0;
  private afterAnswer: (() => void) | undefined;
  private listeners: (() => void)[] = [];
  /** Claims of the schedule that are being given back. */
  private readonly releasing = new Set<Claim>();
  private readonly releaseWaiters: (() => void)[] = [];
  private readonly spread: StartSpread;
  /** How often a run of the job was said to have ended. */
  private endings = 0;
  /** When the store last refused to decide because of what it holds of the job; `undefined`: it has decided since. */
  private refusedAt: Instant | undefined;
  private isClosed = false;

  constructor(
    private readonly job: Job,
    private readonly deps: TickDeciderDeps,
    /** Told of a tick that is put back: those after it are not to be asked for before it. */
    private readonly onPutBack: (order: Order) => void,
  ) {
    this.spread = new StartSpread(job.policy.jitterMs, deps);
  }

  /** Each question under a run id of its own, until the tick is granted or it is certain that it is not. */
  async decide(order: Order): Promise<Granted | undefined> {
    const slot = slotOf(order.due);
    this.slots.set(slot, order.token);
    const granted = await this.askOn(order);
    if (this.slots.get(slot) === order.token) this.slots.delete(slot);
    return granted;
  }

  /** Whether this manual run, or this tick in the same term, is being decided about. */
  isDeciding({ due, token }: Order): boolean {
    const decidedIn = this.slots.get(slotOf(due));
    // A tick that an ended term still releases is for the next one to claim.
    return due.handle === undefined ? decidedIn === token : decidedIn !== undefined;
  }

  private async askOn(order: Order): Promise<Granted | undefined> {
    const delayMs = this.delayOf(order.due);
    // Without a delay in the same turn: whoever looks whether an answer is awaited must see that one is.
    if (delayMs > 0 && !(await this.isWantedAfter(delayMs, order))) return undefined;
    for (let tries = 1; !this.isClosed; tries += 1) {
      const claim = this.claimOf(order.due, this.deps.entropy.id());
      this.runIds.add(claim.runId);
      const settled = await this.settle(claim, order.token);
      this.runIds.delete(claim.runId);
      if (settled === undefined) break;
      const { answer, askedAt } = settled;
      const isRefused = answer.kind === 'failed' && answer.isDataInvalid === true;
      this.refusedAt = isRefused ? this.deps.clock.now() : undefined;
      if (answer.kind === 'go' || answer.kind === 'mine') {
        if (this.mayStart(askedAt)) return { claim, askedAt, attempt: answer.attempt ?? 1 };
      } else if (answer.kind !== 'failed') {
        this.tell(order, answer, settled);
        break;
      } else if (tries === 1) this.blocked(order.due, answer.message);
      if (!(await this.mayAskAnew(claim, order))) break;
    }
    return undefined;
  }

  /** Run ids under which ticks are asked for, or wait to be asked for again. */
  get deciding(): ReadonlySet<string> {
    return this.runIds;
  }

  /** How many of them the store has queued. */
  get queued(): number {
    return this.queuedIds.size;
  }

  /** Whether a tick waits for its moment within the job's jitter. */
  get isSpreading(): boolean {
    return this.spread.isWaiting;
  }

  /** Whether the store has lately refused to decide because of what it holds of the job, as it would for any leader. */
  get isRefused(): boolean {
    const { clock, timing } = this.deps;
    return this.refusedAt !== undefined && elapsedMs(this.refusedAt, clock.now()) < timing.ttlMs;
  }

  /** Whether an answer of the store is awaited, or the moment to ask. If so, `then` is called when it has come. */
  isAsking(then: () => void): boolean {
    if (this.asking === 0) return false;
    this.afterAnswer = then;
    return true;
  }

  /** Resolves when neither an answer of the store is awaited nor the moment to ask. */
  async answered(): Promise<void> {
    while (this.asking > 0) await new Promise<void>(resolve => this.listeners.push(resolve));
  }

  /** A run has ended, or the term: ticks that wait look at once what that means. */
  wakeWaiting(): void {
    this.endings += 1;
    for (const wake of this.wakers) wake();
  }

  /** The term is over: nothing waits for its moment in it any more. */
  endTerm(): void {
    this.spread.end();
    this.wakeWaiting();
  }

  /** Grants nothing more. */
  close(): void {
    this.isClosed = true;
    this.endTerm();
  }

  /** How long a tick waits for its moment: one of the schedule that is to be run, and was not claimed before. */
  private delayOf({ tick, intent, manual = false, isGivenBack = false }: DueTick): number {
    return this.isClosed || intent !== 'run' || manual || isGivenBack ? 0 : this.spread.delayOf(tick);
  }

  /** Waits before the tick is asked for: so it is left to the next leader, whatever happens meanwhile. */
  private async isWantedAfter(delayMs: number, { due, token }: Order): Promise<boolean> {
    await this.whileAsking(() => this.spread.wait(delayMs));
    const isWanted = !this.isClosed && this.deps.claimer.mayGoOn(token);
    if (!isWanted) this.skipped(due, 'not-leader');
    return isWanted;
  }

  /**
   * Not when it closes, nor after a pause since the question: the lock may have lapsed, and be somebody else's. Nor
   * beside a run of this very process, should the store have forgotten its lock.
   */
  private mayStart(askedAt: Instant): boolean {
    const { claimer, executor } = this.deps;
    const isBeside = this.job.policy.overlap !== 'allow' && executor.isRunning(this.job.name);
    return !this.isClosed && !isBeside && claimer.isTrusted(askedAt);
  }

  /**
   * Gives back what may have been granted, after a moment. Until that is certain the tick is not asked for anew, nor is its
   * claim an orphan; when the term ends first, both are for the next leader.
   */
  private mayAskAnew(claim: Claim, { due, token }: Order): Promise<boolean> {
    const { claimer } = this.deps;
    return this.whileAsking(async () => {
      await claimer.pauseBeforeRetry();
      this.runIds.add(claim.runId);
      const isCertain = await this.releaseInOrder(claim, token);
      this.runIds.delete(claim.runId);
      const mayGoOn = isCertain && claimer.mayGoOn(token);
      if (!mayGoOn) this.skipped(due, 'store-unavailable');
      return mayGoOn;
    });
  }

  /**
   * Gives a claim back and waits until the older ones of the schedule are given back too: a newer tick that is asked
   * for before them would move the watermark past them.
   */
  private async releaseInOrder(claim: Claim, token: number): Promise<boolean> {
    if (claim.manual) return this.release(claim, token);
    this.releasing.add(claim);
    const isCertain = await this.release(claim, token);
    while ([...this.releasing].some(({ tick }) => tick < claim.tick))
      await new Promise<void>(resolve => this.releaseWaiters.push(resolve));
    this.releasing.delete(claim);
    for (const wake of this.releaseWaiters.splice(0)) wake();
    return isCertain;
  }

  /** Resolves to whether it is certain that the claim is given back. In the same term that is tried until it is. */
  private async release(claim: Claim, token: number): Promise<boolean> {
    const { claimer } = this.deps;
    let isCertain = await claimer.giveBack(claim);
    while (!isCertain && claimer.mayGoOn(token)) isCertain = await claimer.giveBack(claim);
    return isCertain;
  }

  /** Asks until there is an answer to go by; `undefined` when the term ended, or the lane was closed, first. */
  private async settle(claim: Claim, token: number): Promise<ToGoBy | undefined> {
    const { claimer, timing } = this.deps;
    let looks = 0;
    for (;;) {
      const { endings } = this;
      const { answer, askedAt } = await this.whileAsking(() => claimer.claim(claim, token));
      // The notification comes on another connection, and may be here first.
      const isOutdated = this.endings !== endings;
      if (answer.kind !== 'queued') return { answer, askedAt, isOutdated };
      this.queuedIds.add(claim.runId);
      // A crashed run that no look settles is left for later, such as the end of its job's initial delay.
      if (!isOutdated) await this.untilFree(looks < FREQUENT_LOOKS ? answer.waitMs : Infinity);
      if (answer.waitMs < timing.intervalMs) {
        looks += 1;
        await this.deps.settleOrphans(token);
      }
      this.queuedIds.delete(claim.runId);
      if (this.isClosed) await claimer.giveBack(claim);
      // When the term is over, the next leader finds the tick waiting.
      if (!claimer.mayGoOn(token)) return undefined;
    }
  }

  private async whileAsking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    this.asking += 1;
    const answer = await ask();
    this.asking -= 1;
    if (this.asking === 0) this.onAnswered();
    return answer;
  }

  /** Not in the same turn: the next question about the same tick may follow. */
  private onAnswered(): void {
    const told = [...this.listeners, ...(this.afterAnswer === undefined ? [] : [this.afterAnswer])];
    this.listeners = [];
    this.afterAnswer = undefined;
    if (told.length > 0) this.deps.clock.immediate(() => told.forEach(tell => tell()));
  }

  /** Waits until the run that bars the way may have ended: a local one tells, another one is looked after. */
  private untilFree(waitMs: number): Promise<void> {
    const { clock, timing } = this.deps;
    return new Promise(resolve => {
      const wake = (): void => {
        this.wakers.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = clock.timer(Math.min(timing.intervalMs, waitMs + 1), wake);
      this.wakers.add(wake);
      if (this.isClosed) wake();
    });
  }

  private claimOf(due: DueTick, runId: string): Claim {
    const { name, policy } = this.job;
    const isOverlap = due.intent === 'run' && policy.overlap === 'skip' && this.deps.executor.isRunning(name);
    const { intent, reason = '' } =
      isOverlap && due.manual !== true ? ({ intent: 'skipped', reason: 'running' } as const) : due;
    const origin = { catchUp: due.catchUp ?? false, recovering: false };
    const span = due.since === undefined ? {} : { since: due.since, count: due.count ?? 1 };
    return {
      job: name,
      tick: due.tick,
      runId,
      manual: due.manual ?? false,
      handle: due.handle,
      isRequested: due.isRequested ?? false,
      intent,
      reason,
      overlap: policy.overlap,
      recover: policy.recover,
      retention: policy.retention,
      facts: { ...tickFacts(this.deps.pod, due.schedule ?? this.job.schedule, due.tick, origin), ...span },
    };
  }

  private tell(
    { due, token }: Order,
    answer: Exclude<ToGoBy['answer'], { kind: 'go' | 'mine' | 'failed' }>,
    { askedAt, isOutdated }: Pick<ToGoBy, 'askedAt' | 'isOutdated'>,
  ): void {
    switch (answer.kind) {
      case 'noted':
        return this.tellNoted(due);
      case 'early':
        this.onPutBack({ due, token });
        return this.deps.onEarly(due, { askedAt, waitMs: answer.waitMs });
      case 'barred':
        this.onPutBack({ due, token });
        return this.deps.onBarred(due, isOutdated ? 0 : answer.waitMs);
      case 'taken':
      case 'past':
        return this.skipped(due, 'claimed');
      case 'paused':
        return this.skipped(due, 'paused');
      case 'overlap':
        return this.skipped(due, answer.reason);
      case 'fenced':
        this.deps.elector.fenced(token);
        return this.skipped(due, 'not-leader');
      case 'unknown':
        return this.skipped(due, 'store-unavailable');
    }
  }

  private tellNoted(due: DueTick): void {
    if (due.intent !== 'missed') return this.skipped(due, due.reason ?? 'running');
    const { tick, since = tick - 1, count = 1 } = due;
    const event = { job: this.job.name, tick: new Date(tick), since: new Date(since), count };
    this.deps.events.emit({ type: 'job.missed', ...event });
  }

  private blocked({ tick }: DueTick, message: string): void {
    this.deps.events.emit({ type: 'job.blocked', job: this.job.name, tick: new Date(tick), message });
  }

  private skipped({ tick }: DueTick, reason: SkipReason): void {
    this.deps.events.emit({ type: 'job.skipped', job: this.job.name, tick: new Date(tick), reason });
  }
}

function slotOf({ tick, handle = String(tick) }: DueTick): string {
  return handle;
}

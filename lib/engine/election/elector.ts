/*
 * The election.
 *
 * OVERVIEW. All candidates compete for one lease in the lease store. The store decides who leads; the local
 * clock only ever *ends* trust in the answer. The elector asks, one command at a time, for as long as the
 * process lives: no failed command ends it.
 *
 *             acquired                     renewed
 *   following ────────► leading (trusted) ◄─────┐
 *      ▲                 │   │     ▲            │
 *      │      deadline,  │   │     └── renewed ─┤
 *      │      lease lost │   └─ connection ► leading (suspended)
 *      ├─────────────────┘      closed          │ deadline, lease lost
 *      └────────────────────────────────────────┘
 *   leading ── resign() ─► resting ── one ttl ─► following          any ── stop() ─► idle
 *
 * INVARIANTS
 *  1. `isLeader()` is computed at the call: now must be earlier than (the instant taken before the last
 *     confirmed command was written) + ttl − margin, by the clock that has moved more. It is no flag.
 *  2. A late answer never extends trust: the instant counted from is that of the question, and a term that
 *     has ended here stays ended whatever its renewal says afterwards.
 *  3. Whatever ends a term happens in this order: leading is over, then the engine is called, then the public bus
 *     is informed, then Redis.
 *  4. An answer is yes, no or unknown. Unknown changes nothing; it is settled by asking again with the same
 *     candidate id.
 *  5. The lease lives with its connection: when that closes, trust is suspended at once until a renewal on a
 *     new connection succeeds. A store that lost its memory (restarted empty) can then not have two leaders:
 *     followers give the old leader a head start after every reconnect.
 *  6. A leader that is seen to be gone (its connection has closed, found twice 250 ms apart) is followed at once.
 *     Only a candidate whose own connection has been open for a while may say so: after a restart of the store
 *     everybody is gone for a moment. A leader that is paused or cut off keeps its connection: there only the ttl
 *     speaks, as it does wherever the store cannot see who is there.
 *
 * NOT PROMISED. A holder that is paused between its check and the effect of its work may overlap with its
 * successor; the claim, not the lease, makes ticks safe.
 */
import { StoreUnavailableError } from '../../core/errors/errors.js';
import type { LossReason } from '../../core/events.js';
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import { BACK_AFTER_MS } from '../../core/election/leader-preference.js';
import type { RenewalCounts } from '../../core/election/renewal-counts.js';
import { remainingTrustMs, type Term } from '../../core/election/term.js';
import {
  DEADLINE_CHECK_MS,
  RETRY_MAX_MS,
  RETRY_MIN_MS,
  type ElectionTiming,
} from '../../core/election/timing.js';
import type { Candidacy, CandidateState } from '../../ports/candidate-store.js';
import type { Clock, Timer } from '../../ports/clock.js';
import { inPresentContext, type InContext } from '../../ports/context.js';
import type { Entropy } from '../../ports/entropy.js';
import type {
  AcquireAnswer,
  ControlSignal,
  HeldLease,
  LeaseSignal,
  LeaseStore,
  LeaseView,
  PodNote,
  RenewedLease,
} from '../../ports/lease-store.js';
import { Asker, isUnknown } from '../store-call.js';
import { AttemptLoop } from './poll-loop.js';
import type { EventBus } from '../event-bus.js';
import type { StoreClock } from './store-clock.js';

/** How long candidates spread when the lease becomes free, so that they do not ask all at once. */
const SPREAD_MS = 50;
/**
 * After a reconnect a follower waits this long, for a leader whose lease survived renews first; and only after as
 * long it may find others missing.
 */
const HEAD_START_MS = 1000;
/** A resignation that gets no answer is repeated this often; after that the lease ends by its ttl. */
const RESIGN_TRIES = 3;
/** A follower that knows of a due tick looks so much later whether the leader is still there. */
const PROBE_DELAY_MS = 100;
/** Such looks are at least this far apart, however many ticks are due. */
const PROBE_GAP_MS = 500;
/** A leader asked to resign has led for at least so many ttls: nobody can keep the lease going round. */
const MIN_TTLS_LED = 2;

/** A term as the elector holds it. */
export interface HeldTerm extends Term {
  /** When this process began to lead. */
  readonly beganAt: Instant;
}

interface Leading {
  readonly kind: 'leading';
  readonly term: HeldTerm;
  /** Before the last confirmed command was written. */
  askedAt: Instant;
  suspended: boolean;
}

type Phase = { readonly kind: 'idle' | 'following' | 'resting' } | Leading;

/**
 * What the election calls, directly and in order: the engine. Listeners of the public bus are informed afterwards.
 * Some of it rides on the elector's own commands, and so costs none.
 */
export interface ElectionRiders {
  /** This process leads from now on. */
  termBegan(term: Term): void;
  /** The lease was confirmed again after a suspension. */
  termResumed(): void;
  /** This process leads no longer. */
  termEnded(): void;
  /** Jobs whose marks the next look at the lease should bring. */
  watched(): readonly string[];
  /**
   * Whether a job's mark may stand still: this process is at work on the job, the store refuses what it asks about it, or
   * the job does not tick here.
   */
  mayStandStill(job: string): boolean;
  /** This process goes on leading though somebody asked it to resign over this job, whose mark may stand still. */
  refusedToResign(job: string): void;
  /** Somebody else holds the lease. */
  held(lease: HeldLease): void;
  /** The lease was renewed. */
  renewed(lease: RenewedLease): void;
  /** The store tells of something that was asked for. */
  told(signal: ControlSignal): void;
  /** What the next attempt or renewal tells of this pod's jobs; `undefined`: nothing. */
  candidacy(): Candidacy | undefined;
  /** So much later this pod competes for a lease that becomes free, because it knows of a better candidate, ms. */
  readonly deferMs: number;
  /** This pod loses its term through a fault of its own. */
  distrusted(): void;
}

export interface LeaderElectorDeps {
  readonly candidateId: string;
  /** Of the application; shown to people. */
  readonly version: string;
  readonly timing: ElectionTiming;
  /** How long a candidate that resigned stays away. */
  readonly restMs: number;
  /** Whether a leader that is seen to be gone is followed before its ttl has run out. */
  readonly fastTakeover: boolean;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly entropy: Entropy;
  readonly events: EventBus;
  readonly riders: ElectionRiders;
  /** Where signals of the store are handled, whoever caused them. @default where they come from */
  readonly inContext?: InContext | undefined;
}

export class LeaderElector {
  private phase: Phase = { kind: 'idle' };
  private readonly asker: Asker;
  private readonly attempts: AttemptLoop;
  private deadlineTimer: Timer | undefined;
  private connection: 'none-yet' | 'open' | 'closed' = 'none-yet';
  private connectedAt: Instant | undefined;
  /** When a follower's connection was opened anew. */
  private headStartFrom: Instant | undefined;
  private followed: { readonly token: number; readonly presence: boolean } | undefined;
  private probedAt: Instant | undefined;
  /** Of the last term that ended here: should the store still have it, it is not taken up again. */
  private endedToken = 0;
  private lastLoss: LossReason | undefined;
  /** When this process last led, or knew who did. */
  private leaderSeenAt: Instant | undefined;
  private readonly renewalAnswers = { renewed: 0, lost: 0, unknown: 0 };

  constructor(private readonly deps: LeaderElectorDeps) {
    const { clock, events, timing } = deps;
    this.asker = new Asker({ clock, events, timing, source: 'lease' });
    this.attempts = new AttemptLoop(
      clock,
      () => this.askOnce(),
      delayMs => events.emit({ type: 'process.delayed', delayMs }),
    );
    const { inContext = inPresentContext } = deps;
    deps.store.watch(signal => inContext(() => this.onSignal(signal)));
  }

  /** Begins to compete: the first attempt is made as soon as there is a connection. */
  start(): void {
    if (this.phase.kind !== 'idle') return;
    this.phase = { kind: 'following' };
    if (this.connection === 'open') this.attempts.now();
    else this.attempts.after(this.deps.timing.commandTimeoutMs);
  }

  /** Whether this process leads at this very moment. Costs two clock readings, no I/O. */
  isLeader(): boolean {
    return this.currentTerm() !== undefined;
  }

  /** The term in which this process leads at this very moment. */
  currentTerm(): HeldTerm | undefined {
    const { phase } = this;
    if (phase.kind !== 'leading' || phase.suspended) return undefined;
    return this.trustLeft(phase) > 0 ? phase.term : undefined;
  }

  /** Why this process does not lead at this very moment, if it does not. */
  get absence(): 'following' | 'suspended' | LossReason {
    const { phase } = this;
    if (phase.kind !== 'leading') return this.lastLoss ?? 'following';
    return phase.suspended ? 'suspended' : 'deadline';
  }

  /** How much longer this process trusts its lease unless it is renewed, ms; 0 when it does not lead. */
  get trustMs(): number {
    const { phase } = this;
    return phase.kind === 'leading' ? Math.max(0, this.trustLeft(phase)) : 0;
  }

  /** How far this pod's clock is ahead of the store's, ms, give or take half a round trip; `undefined`: not known yet. */
  get clockAheadMs(): number | undefined {
    return this.deps.storeClock.aheadMs;
  }

  /** For how long this process has asked, on the connection that it has, and nobody has led, ms; 0 while somebody does. */
  get leaderlessMs(): number {
    const { phase, connectedAt, leaderSeenAt } = this;
    if (phase.kind === 'idle' || phase.kind === 'leading' || connectedAt === undefined) return 0;
    const now = this.deps.clock.now();
    const since = [connectedAt, leaderSeenAt].flatMap(at => (at === undefined ? [] : elapsedMs(at, now)));
    return Math.min(...since);
  }

  /** How the renewals of this process have been answered so far. */
  get renewals(): RenewalCounts {
    return { ...this.renewalAnswers };
  }

  /** Whether this process is in the term of this token, be its trust suspended for the moment or not. */
  isIn(token: number): boolean {
    const { phase } = this;
    return phase.kind === 'leading' && phase.term.token === token && this.trustLeft(phase) > 0;
  }

  /** The store has refused this term: it is over, whatever the local clock says. */
  fenced(token: number): void {
    const { phase } = this;
    if (phase.kind !== 'leading' || phase.term.token !== token) return;
    this.deps.riders.distrusted();
    this.endTerm(phase, 'lease-lost', 'following');
    // Not at once: while two connections speak with two servers, each new term would be refused like this one.
    this.attempts.hasten(this.retryDelay());
  }

  /** A tick is due. A follower makes sure, soon, that its leader is there to run it. */
  tickDue(): void {
    const { phase, probedAt } = this;
    const { clock, fastTakeover } = this.deps;
    if (!fastTakeover || phase.kind !== 'following' || this.followed?.presence !== true) return;
    const now = clock.now();
    if (probedAt !== undefined && elapsedMs(probedAt, now) < PROBE_GAP_MS) return;
    this.probedAt = now;
    this.attempts.hasten(PROBE_DELAY_MS + this.deps.riders.deferMs);
  }

  /** Asks the holder of a term to resign, because a job is overdue. Never rejects: it may not hear, and its ttl is there all the same. */
  async requestResignation(token: number, job: string): Promise<void> {
    await this.asker.ask(signal => this.deps.store.requestResignation(token, job, signal));
  }

  /**
   * Asks whoever leads to resign, because a person wants it; it does with its next renewal at the latest. Resolves to
   * whether somebody leads; rejects with `StoreUnavailableError` when the store does not answer.
   */
  async askLeaderToResign(): Promise<boolean> {
    const lease = await this.lookUp();
    // A key that was set by hand belongs to nobody who could hear.
    if (lease.kind === 'free' || lease.token === 0) return false;
    const { store } = this.deps;
    const answer = await this.asker.ask(signal => store.requestResignation(lease.token, '', signal));
    if (isUnknown(answer)) throw answer.cause;
    return true;
  }

  /** Who holds the lease, as the store says. Rejects with `StoreUnavailableError` when it does not answer. */
  async lookUp(): Promise<LeaseView> {
    const answer = await this.asker.ask(signal => this.deps.store.read(signal));
    if (answer.kind === 'unknown') throw answer.cause;
    return answer;
  }

  /**
   * Lets go of the lease and stays away for a while, so that another candidate leads. Resolves to whether
   * this process led; rejects with `StoreUnavailableError` when the store did not confirm (the lease then ends
   * by its ttl).
   */
  async resign(): Promise<boolean> {
    const { phase } = this;
    if (phase.kind !== 'leading') return false;
    this.endTerm(phase, 'resigned', 'resting');
    this.attempts.after(this.deps.restMs);
    await this.letGo(phase.term.token, 'resting');
    return true;
  }

  /**
   * Resigns for a candidate that has more jobs, and competes again soon.
   *
   * @param isMove whether that is remembered as a move of leadership
   */
  async handOver(token: number, isMove: boolean): Promise<void> {
    const { phase } = this;
    if (phase.kind !== 'leading' || phase.term.token !== token) return;
    this.endTerm(phase, 'handed-over', 'resting');
    this.attempts.after(BACK_AFTER_MS);
    await this.letGo(token, 'up', isMove).catch((cause: unknown) => this.asker.noteUnavailable(cause));
  }

  /** Makes the next attempt, or renewal, at once: there is something new to tell. */
  tellSoon(): void {
    if (this.connection === 'open' && (this.phase.kind === 'following' || this.phase.kind === 'leading'))
      this.attempts.hasten(0);
  }

  /** Lets go of the lease and competes no more. Never rejects: what is not confirmed ends by its ttl. */
  async stop(): Promise<void> {
    const { phase } = this;
    if (phase.kind === 'leading') this.endTerm(phase, 'shutdown', 'idle');
    this.phase = { kind: 'idle' };
    await this.attempts.stop();
    if (phase.kind === 'leading') await this.letGo(phase.term.token, 'draining').catch(() => undefined);
  }

  /** Makes one attempt. Resolves to the delay until the next one, if there is to be one; never rejects. */
  private async askOnce(): Promise<number | undefined> {
    if (this.phase.kind === 'resting') this.phase = { kind: 'following' };
    const delayMs = await this.askWhatMatters();
    return this.phase.kind === 'leading' || this.phase.kind === 'following' ? delayMs : undefined;
  }

  private async askWhatMatters(): Promise<number> {
    const { phase } = this;
    if (phase.kind === 'leading') {
      return this.trustLeft(phase) > 0 ? this.renew(phase) : this.endByDeadline(phase);
    }
    const headStartMs = this.headStartLeft();
    return headStartMs > 0 ? headStartMs + this.spread() : this.acquire();
  }

  private async renew(phase: Leading): Promise<number> {
    const { store, candidateId, timing, clock } = this.deps;
    const { token } = phase.term;
    const askedAt = clock.now();
    const { pod } = this;
    const candidacy = this.candidacyToTell();
    const answer = await this.asker.ask(
      signal => store.renew({ candidateId, token, ttlMs: timing.ttlMs, pod, ...candidacy }, signal),
      this.trustLeft(phase),
    );
    this.renewalAnswers[answer.kind] += 1;
    if (answer.kind === 'renewed') this.deps.storeClock.answered(askedAt, answer.now);
    if (this.phase !== phase) return this.retryDelay();
    if (this.trustLeft(phase) <= 0) return this.endByDeadline(phase);
    switch (answer.kind) {
      case 'renewed':
        this.confirm(phase, askedAt);
        this.deps.riders.renewed(answer);
        if (answer.shouldResign) this.resignAsAsked();
        return this.untilNextRenewal(askedAt);
      case 'lost':
        this.endTerm(phase, 'lease-lost', 'following');
        return 0;
      case 'unknown':
        return this.retryDelay();
    }
  }

  private async acquire(): Promise<number> {
    const { store, candidateId, timing, clock, riders } = this.deps;
    const askedAt = clock.now();
    const evidence = this.mayFindMissing(askedAt);
    const { endedToken, pod } = this;
    const watched = riders.watched();
    const facts = { watched, pod, ...this.candidacyToTell() };
    const request = { candidateId, ttlMs: timing.ttlMs, endedToken, evidence, ...facts };
    const answer = await this.asker.ask(signal => store.acquire(request, signal));
    switch (answer.kind) {
      case 'acquired':
        this.deps.storeClock.answered(askedAt, answer.now);
        return this.take(answer, askedAt);
      case 'held':
        this.deps.storeClock.answered(askedAt, answer.now);
        this.follow(answer);
        return Math.min(
          this.untilFree(answer.remainingMs),
          (answer.missingMs ?? Infinity) + 1 + riders.deferMs,
        );
      case 'wait':
        return this.untilFree(answer.remainingMs);
      case 'unknown':
        return this.retryDelay();
    }
  }

  /** Begins a term, if the answer is still wanted and came in time. */
  private async take(answer: Acquired, askedAt: Instant): Promise<number> {
    const { clock, events, riders, timing } = this.deps;
    if (this.phase.kind !== 'following') {
      const state = this.phase.kind === 'idle' ? 'draining' : 'resting';
      await this.letGo(answer.token, state).catch(() => undefined);
      return 0;
    }
    if (remainingTrustMs(askedAt, clock.now(), timing) <= 0) return 0;
    const term: HeldTerm = {
      token: answer.token,
      since: new Date(answer.acquiredAt),
      beganAt: clock.now(),
    };
    const phase: Leading = { kind: 'leading', term, askedAt, suspended: this.connection === 'closed' };
    this.phase = phase;
    this.followed = undefined;
    this.watchDeadline(phase);
    riders.termBegan(publicTerm(term));
    events.emit({ type: 'leader.elected', term: publicTerm(term) });
    return this.untilNextRenewal(askedAt);
  }

  /** Extends trust after a renewal; the same that ends a suspension. */
  private confirm(phase: Leading, askedAt: Instant): void {
    phase.askedAt = askedAt;
    this.watchDeadline(phase);
    if (!phase.suspended) return;
    phase.suspended = false;
    this.deps.riders.termResumed();
    this.deps.events.emit({ type: 'leader.resumed', term: publicTerm(phase.term) });
  }

  private watchDeadline(phase: Leading): void {
    this.deadlineTimer?.cancel();
    const leftMs = this.trustLeft(phase);
    if (leftMs === Infinity) return;
    this.deadlineTimer = this.deps.clock.timer(Math.min(leftMs, DEADLINE_CHECK_MS), () => {
      if (this.phase !== phase) return;
      if (this.trustLeft(phase) > 0) this.watchDeadline(phase);
      else this.attempts.hasten(this.endByDeadline(phase));
    });
  }

  private endByDeadline(phase: Leading): number {
    this.deps.riders.distrusted();
    this.endTerm(phase, 'deadline', 'following');
    return this.retryDelay();
  }

  private endTerm(phase: Leading, reason: LossReason, next: 'following' | 'resting' | 'idle'): void {
    this.phase = { kind: next };
    this.leaderSeenAt = this.deps.clock.now();
    this.endedToken = Math.max(this.endedToken, phase.term.token);
    this.deadlineTimer?.cancel();
    this.lastLoss = reason;
    this.deps.riders.termEnded();
    this.deps.events.emit({ type: 'leader.lost', term: publicTerm(phase.term), reason });
  }

  private follow(lease: HeldLease): void {
    if (this.phase.kind !== 'following') return;
    const { holder, token, presence } = lease;
    // A key that was set by hand belongs to nobody who runs jobs.
    if (token !== 0) this.leaderSeenAt = this.deps.clock.now();
    const isNew = this.followed?.token !== token;
    this.followed = { token, presence };
    if (isNew) this.deps.events.emit({ type: 'leader.followed', holder, token });
    this.deps.riders.held(lease);
  }

  private async letGo(token: number, state: CandidateState, isHandOver = false): Promise<void> {
    const { store, candidateId, clock } = this.deps;
    for (let tries = 1; ; tries += 1) {
      const answer = await this.asker.ask(signal =>
        store.resign({ candidateId, token, state, isHandOver }, signal),
      );
      if (answer.kind !== 'unknown') return;
      if (tries === RESIGN_TRIES) throw notConfirmed(answer.cause);
      await new Promise<void>(resolve => clock.timer(this.retryDelay(), resolve));
    }
  }

  private onSignal(signal: LeaseSignal): void {
    switch (signal.kind) {
      case 'resigned':
        if (this.phase.kind === 'following') this.competeFor();
        break;
      case 'resign-requested':
        this.onResignRequested(signal.token, signal.job);
        break;
      case 'disconnected':
        this.onDisconnected(signal.cause);
        break;
      case 'connected':
        this.onConnected();
        break;
      default:
        this.deps.riders.told(signal);
    }
  }

  /** The lease is free. A pod that knows of a better candidate lets that one go first. */
  private competeFor(): void {
    const { deferMs } = this.deps.riders;
    if (deferMs > 0) this.attempts.replace(deferMs + this.spread());
    else this.attempts.hasten(this.spread());
  }

  private onResignRequested(token: number, job: string): void {
    const { phase } = this;
    const { clock, restMs, riders } = this.deps;
    if (phase.kind !== 'leading' || phase.term.token !== token) return;
    if (job === '') return this.resignAsAsked();
    if (riders.mayStandStill(job)) return riders.refusedToResign(job);
    // By the clock that nobody sets.
    if (clock.now().monoMs - phase.term.beganAt.monoMs < MIN_TTLS_LED * restMs) return;
    riders.distrusted();
    this.resignAsAsked();
  }

  private resignAsAsked(): void {
    this.resign().catch((cause: unknown) => this.asker.noteUnavailable(cause));
  }

  private onDisconnected(cause: unknown): void {
    this.connection = 'closed';
    this.connectedAt = undefined;
    if (this.phase.kind !== 'idle') this.asker.noteUnavailable(cause);
    if (this.phase.kind !== 'leading' || this.phase.suspended) return;
    this.phase.suspended = true;
    this.deps.events.emit({ type: 'leader.suspended', term: publicTerm(this.phase.term) });
  }

  private onConnected(): void {
    const again = this.connection === 'closed';
    this.connection = 'open';
    this.connectedAt = this.deps.clock.now();
    if (again && this.phase.kind === 'following') this.headStartFrom = this.connectedAt;
    if (this.phase.kind === 'leading' || this.phase.kind === 'following') this.attempts.hasten(0);
  }

  /** What is noted in the store of this candidate. */
  private get pod(): PodNote {
    const { aheadMs } = this.deps.storeClock;
    return { version: this.deps.version, aheadMs: aheadMs === undefined ? undefined : Math.round(aheadMs) };
  }

  private candidacyToTell(): { readonly candidacy?: Candidacy } {
    const candidacy = this.deps.riders.candidacy();
    return candidacy === undefined ? {} : { candidacy };
  }

  private trustLeft(phase: Leading): number {
    return remainingTrustMs(phase.askedAt, this.deps.clock.now(), this.deps.timing);
  }

  private headStartLeft(): number {
    if (this.headStartFrom === undefined) return 0;
    return HEAD_START_MS - elapsedMs(this.headStartFrom, this.deps.clock.now());
  }

  private mayFindMissing(now: Instant): boolean {
    const { connectedAt } = this;
    return (
      this.deps.fastTakeover && connectedAt !== undefined && elapsedMs(connectedAt, now) >= HEAD_START_MS
    );
  }

  private untilNextRenewal(askedAt: Instant): number {
    return this.deps.timing.intervalMs - elapsedMs(askedAt, this.deps.clock.now());
  }

  private untilFree(remainingMs: number): number {
    const { timing, riders } = this.deps;
    return Math.min(timing.intervalMs, remainingMs + 1 + this.spread() + riders.deferMs);
  }

  private spread(): number {
    return this.deps.entropy.uniform(0, SPREAD_MS);
  }

  /** With a short ttl as much shorter as the command timeout is: a renewal that failed is repeated before the deadline. */
  private retryDelay(): number {
    const { entropy, timing } = this.deps;
    const longest = Math.min(RETRY_MAX_MS, timing.commandTimeoutMs);
    return entropy.uniform((longest * RETRY_MIN_MS) / RETRY_MAX_MS, longest);
  }
}

type Acquired = Extract<AcquireAnswer, { kind: 'acquired' }>;

function publicTerm({ token, since }: HeldTerm): Term {
  return { token, since };
}

function notConfirmed(cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError({
    problem: 'The resignation was not confirmed',
    remedy: 'This process no longer leads; the lease itself ends by its ttl',
    cause,
  });
}

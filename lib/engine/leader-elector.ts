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
 *  3. Whatever ends a term happens in this order: leading is over, then the world is told, then Redis.
 *  4. An answer is yes, no or unknown. Unknown changes nothing; it is settled by asking again with the same
 *     candidate id.
 *  5. The lease lives with its connection: when that closes, trust is suspended at once until a renewal on a
 *     new connection succeeds. A store that lost its memory (restarted empty) can then not have two leaders:
 *     followers give the old leader a head start after every reconnect.
 *
 * NOT PROMISED. A holder that is paused between its check and the effect of its work may overlap with its
 * successor; the claim, not the lease, makes ticks safe.
 */
import { StoreUnavailableError } from '../core/errors.js';
import type { LossReason } from '../core/events.js';
import { elapsedMs, type Instant } from '../core/instant.js';
import { remainingTrustMs, type Term } from '../core/term.js';
import type { ElectionTiming } from '../core/timing.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import type { AcquireAnswer, LeaseSignal, LeaseStore, LeaseView } from '../ports/lease-store.js';
import { Asker } from './asker.js';
import type { EventBus } from './event-bus.js';

/** A failed command is repeated after a random delay between these. */
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 500;
/** How long candidates spread when the lease becomes free, so that they do not ask all at once. */
const SPREAD_MS = 50;
/** After a reconnect a follower waits this long: a leader whose lease survived renews first. */
const HEAD_START_MS = 1000;
/** A resignation that gets no answer is repeated this often; after that the lease ends by its ttl. */
const RESIGN_TRIES = 3;

/** A term as the elector holds it. */
export interface HeldTerm extends Term {
  /** When this process began to lead, by its own wall clock (Unix ms). */
  readonly startedAt: number;
}

interface Leading {
  readonly kind: 'leading';
  readonly term: HeldTerm;
  /** Before the last confirmed command was written. */
  askedAt: Instant;
  suspended: boolean;
}

type Phase = { readonly kind: 'idle' | 'following' | 'resting' } | Leading;

export interface LeaderElectorDeps {
  readonly candidateId: string;
  readonly timing: ElectionTiming;
  /** How long a candidate that resigned stays away. */
  readonly restMs: number;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventBus;
}

export class LeaderElector {
  private phase: Phase = { kind: 'idle' };
  private readonly asker: Asker;
  /** The attempt under way: one at a time. */
  private asking: Promise<void> | undefined;
  private attemptTimer: Timer | undefined;
  private deadlineTimer: Timer | undefined;
  /** Something happened during the attempt that makes the next one urgent. */
  private hastenedMs: number | undefined;
  private connection: 'none-yet' | 'open' | 'closed' = 'none-yet';
  /** When a follower's connection was opened anew. */
  private headStartFrom: Instant | undefined;
  private followedToken: number | undefined;

  constructor(private readonly deps: LeaderElectorDeps) {
    this.asker = new Asker(deps.clock, deps.events, deps.timing);
    deps.store.watch(signal => this.onSignal(signal));
  }

  /** Begins to compete: the first attempt is made as soon as there is a connection. */
  start(): void {
    if (this.phase.kind !== 'idle') return;
    this.phase = { kind: 'following' };
    if (this.connection === 'open') this.attempt();
    else this.attemptAfter(this.deps.timing.commandTimeoutMs);
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
    this.attemptAfter(this.deps.restMs);
    await this.letGo(phase.term.token);
    return true;
  }

  /** Lets go of the lease and competes no more. Never rejects: what is not confirmed ends by its ttl. */
  async stop(): Promise<void> {
    const { phase } = this;
    if (phase.kind === 'leading') this.endTerm(phase, 'shutdown', 'idle');
    this.phase = { kind: 'idle' };
    this.attemptTimer?.cancel();
    await this.asking;
    if (phase.kind === 'leading') await this.letGo(phase.term.token).catch(() => undefined);
  }

  /** Makes an attempt, unless one is under way; its answer says when the next one follows. */
  private attempt(): void {
    if (this.phase.kind === 'resting') this.phase = { kind: 'following' };
    this.asking ??= this.askOnce().then(delayMs => {
      this.asking = undefined;
      const hastenedMs = this.hastenedMs;
      this.hastenedMs = undefined;
      if (this.phase.kind === 'leading' || this.phase.kind === 'following') {
        this.attemptAfter(Math.min(delayMs, hastenedMs ?? Infinity));
      }
    });
  }

  private attemptAfter(delayMs: number): void {
    this.attemptTimer?.cancel();
    this.attemptTimer = this.deps.clock.timer(delayMs, () => this.attempt());
  }

  private hasten(delayMs: number): void {
    if (this.asking === undefined) this.attemptAfter(delayMs);
    else this.hastenedMs = delayMs;
  }

  /** Asks what the phase wants to know. Resolves to the delay until the next attempt; never rejects. */
  private async askOnce(): Promise<number> {
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
    const answer = await this.asker.ask(
      signal => store.renew({ candidateId, token, ttlMs: timing.ttlMs }, signal),
      this.trustLeft(phase),
    );
    if (this.phase !== phase) return 0;
    if (this.trustLeft(phase) <= 0) return this.endByDeadline(phase);
    switch (answer.kind) {
      case 'renewed':
        this.confirm(phase, askedAt);
        return this.untilNextRenewal(askedAt);
      case 'lost':
        this.endTerm(phase, 'lease-lost', 'following');
        return 0;
      case 'unknown':
        return this.retryDelay();
    }
  }

  private async acquire(): Promise<number> {
    const { store, candidateId, timing, clock } = this.deps;
    const askedAt = clock.now();
    const answer = await this.asker.ask(signal =>
      store.acquire({ candidateId, ttlMs: timing.ttlMs }, signal),
    );
    switch (answer.kind) {
      case 'acquired':
        return this.take(answer, askedAt);
      case 'held':
        this.follow(answer.holder, answer.token);
        return this.untilFree(answer.remainingMs);
      case 'wait':
        return this.untilFree(answer.remainingMs);
      case 'unknown':
        return this.retryDelay();
    }
  }

  /** Begins a term, if the answer is still wanted and came in time. */
  private async take(answer: Acquired, askedAt: Instant): Promise<number> {
    const { clock, events, timing } = this.deps;
    if (this.phase.kind !== 'following') {
      await this.letGo(answer.token).catch(() => undefined);
      return 0;
    }
    if (remainingTrustMs(askedAt, clock.now(), timing) <= 0) return 0;
    const term: HeldTerm = {
      token: answer.token,
      since: new Date(answer.acquiredAt),
      startedAt: clock.now().wallMs,
    };
    const phase: Leading = { kind: 'leading', term, askedAt, suspended: this.connection === 'closed' };
    this.phase = phase;
    this.followedToken = undefined;
    this.watchDeadline(phase);
    events.emit({ type: 'leader.elected', term: publicTerm(term) });
    return this.untilNextRenewal(askedAt);
  }

  /** Extends trust after a renewal; the same that ends a suspension. */
  private confirm(phase: Leading, askedAt: Instant): void {
    phase.askedAt = askedAt;
    this.watchDeadline(phase);
    if (!phase.suspended) return;
    phase.suspended = false;
    this.deps.events.emit({ type: 'leader.resumed', term: publicTerm(phase.term) });
  }

  private watchDeadline(phase: Leading): void {
    this.deadlineTimer?.cancel();
    this.deadlineTimer = this.deps.clock.timer(this.trustLeft(phase), () => {
      if (this.phase !== phase) return;
      if (this.trustLeft(phase) > 0) this.watchDeadline(phase);
      else this.hasten(this.endByDeadline(phase));
    });
  }

  private endByDeadline(phase: Leading): number {
    this.endTerm(phase, 'deadline', 'following');
    return this.retryDelay();
  }

  private endTerm(phase: Leading, reason: LossReason, next: 'following' | 'resting' | 'idle'): void {
    this.phase = { kind: next };
    this.deadlineTimer?.cancel();
    this.deps.events.emit({ type: 'leader.lost', term: publicTerm(phase.term), reason });
  }

  private follow(holder: string, token: number): void {
    if (this.phase.kind !== 'following' || this.followedToken === token) return;
    this.followedToken = token;
    this.deps.events.emit({ type: 'leader.followed', holder, token });
  }

  private async letGo(token: number): Promise<void> {
    const { store, candidateId, clock } = this.deps;
    for (let tries = 1; ; tries += 1) {
      const answer = await this.asker.ask(signal => store.resign({ candidateId, token }, signal));
      if (answer.kind !== 'unknown') return;
      if (tries === RESIGN_TRIES) throw notConfirmed(answer.cause);
      await new Promise<void>(resolve => clock.timer(this.retryDelay(), resolve));
    }
  }

  private onSignal(signal: LeaseSignal): void {
    switch (signal.kind) {
      case 'resigned':
        if (this.phase.kind === 'following') this.hasten(this.spread());
        break;
      case 'disconnected':
        this.onDisconnected(signal.cause);
        break;
      case 'connected':
        this.onConnected();
        break;
    }
  }

  private onDisconnected(cause: unknown): void {
    this.connection = 'closed';
    if (this.phase.kind !== 'idle') this.asker.noteUnavailable(cause);
    if (this.phase.kind !== 'leading' || this.phase.suspended) return;
    this.phase.suspended = true;
    this.deps.events.emit({ type: 'leader.suspended', term: publicTerm(this.phase.term) });
  }

  private onConnected(): void {
    const again = this.connection === 'closed';
    this.connection = 'open';
    if (again && this.phase.kind === 'following') this.headStartFrom = this.deps.clock.now();
    if (this.phase.kind === 'leading' || this.phase.kind === 'following') this.hasten(0);
  }

  private trustLeft(phase: Leading): number {
    return remainingTrustMs(phase.askedAt, this.deps.clock.now(), this.deps.timing);
  }

  private headStartLeft(): number {
    if (this.headStartFrom === undefined) return 0;
    return HEAD_START_MS - elapsedMs(this.headStartFrom, this.deps.clock.now());
  }

  private untilNextRenewal(askedAt: Instant): number {
    return this.deps.timing.intervalMs - elapsedMs(askedAt, this.deps.clock.now());
  }

  private untilFree(remainingMs: number): number {
    return Math.min(this.deps.timing.intervalMs, remainingMs + 1 + this.spread());
  }

  private spread(): number {
    return this.deps.entropy.uniform(0, SPREAD_MS);
  }

  private retryDelay(): number {
    return this.deps.entropy.uniform(RETRY_MIN_MS, RETRY_MAX_MS);
  }
}

type Acquired = Extract<AcquireAnswer, { kind: 'acquired' }>;

function publicTerm({ token, since }: HeldTerm): Term {
  return { token, since };
}

function notConfirmed(cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError({
    problem: 'The resignation was not confirmed',
    remedy: 'This process leads no more; the lease itself ends by its ttl',
    cause,
  });
}

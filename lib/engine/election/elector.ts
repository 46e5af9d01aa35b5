import { remainingTrustMs } from '../../core/election/term.js';
import type { RenewalCounts } from '../../core/election/renewal-counts.js';
import type { LossReason } from '../../core/events.js';
import { inPresentContext, type InContext } from '../../ports/context.js';
import type { LeaseSignal } from '../../ports/lease-store.js';
import { ElectionLoop, type ElectionLoopDeps } from './election-loop.js';
import { leaderlessMs, type HeldTerm } from './election-state.js';

export interface LeaderElectorDeps extends ElectionLoopDeps {
  /** Where signals of the store are handled, whatever caused them. @default where they come from */
  readonly inContext?: InContext | undefined;
}

/** The election as the engine sees it. The rules are in election-machine.ts. */
export class LeaderElector {
  private readonly loop: ElectionLoop;

  constructor(private readonly deps: LeaderElectorDeps) {
    const { inContext = inPresentContext } = deps;
    this.loop = new ElectionLoop(deps);
    deps.store.watch(signal => inContext(() => this.onSignal(signal)));
  }

  /** Begins to compete: the first attempt is made as soon as there is a connection. */
  start(): void {
    this.loop.post({ kind: 'start' });
  }

  /** Whether this process leads at this very moment. Costs two clock readings, no I/O. */
  isLeader(): boolean {
    return this.currentTerm() !== undefined;
  }

  /** The term in which this process leads at this very moment. */
  currentTerm(): HeldTerm | undefined {
    const { state } = this.loop;
    if (state.kind !== 'leading' || state.isSuspended) return undefined;
    return this.isIn(state.term.token) ? state.term : undefined;
  }

  /** Why this process does not lead at this very moment, if it does not. */
  get absence(): 'following' | 'suspended' | LossReason {
    const { state } = this.loop;
    if (state.kind !== 'leading') return state.facts.lastLoss ?? 'following';
    return state.isSuspended ? 'suspended' : 'deadline';
  }

  /** How much longer this process trusts its lease unless it is renewed, ms; 0 when it does not lead. */
  get trustMs(): number {
    const { clock, timing } = this.deps;
    const { state } = this.loop;
    return state.kind === 'leading' ? Math.max(0, remainingTrustMs(state.askedAt, clock.now(), timing)) : 0;
  }

  /** For how long this process has asked, on the connection that it has, without a leader, ms; 0 while there is one. */
  get leaderlessMs(): number {
    return leaderlessMs(this.loop.state, this.deps.clock.now());
  }

  /** How the renewals of this process have been answered so far. */
  get renewals(): RenewalCounts {
    return this.loop.renewals;
  }

  /** Token of the term that this process is in, whether its trust is suspended or not. */
  get termToken(): number | undefined {
    const { state } = this.loop;
    return state.kind === 'leading' ? state.term.token : undefined;
  }

  /** Whether this process is in the term of this token, whether its trust is suspended or not. */
  isIn(token: number): boolean {
    const { clock, timing } = this.deps;
    const { state } = this.loop;
    if (state.kind !== 'leading' || state.term.token !== token) return false;
    return remainingTrustMs(state.askedAt, clock.now(), timing) > 0;
  }

  /** The store has refused this term: it is over, whatever the local clock says. */
  fenced(token: number): void {
    this.loop.post({ kind: 'fenced', token });
  }

  /**
   * A tick is due, and this process does not lead. A follower makes sure, soon, that its leader is there to run it. A
   * holder whose deadline has passed while its machine was suspended follows now.
   */
  tickDue(): void {
    this.loop.post({ kind: 'tick-due' });
  }

  /** The wall clock was set, or went on while the machine was suspended: the deadline may have passed. */
  clockStepped(): void {
    this.loop.post({ kind: 'clock-stepped' });
  }

  /**
   * Releases the lease and does not compete for a while, so that another candidate leads. Resolves to whether this
   * process led; rejects with `StoreUnavailableError` when the store did not confirm (the lease then ends by its ttl).
   */
  resign(): Promise<boolean> {
    return this.loop.resign();
  }

  /**
   * Resigns for a candidate that has more jobs, and competes again soon.
   *
   * @param isMove whether that is remembered as a move of leadership
   */
  handOver(token: number, isMove: boolean): void {
    this.loop.post({ kind: 'hand-over', token, isMove });
  }

  /** Makes the next attempt, or renewal, at once: there is something new to report. */
  reportSoon(): void {
    this.loop.post({ kind: 'report-soon' });
  }

  /** Releases the lease and competes no more. Never rejects: what is not confirmed ends by its ttl. */
  async stop(): Promise<void> {
    this.loop.post({ kind: 'stop' });
    await this.loop.settled();
  }

  private onSignal(signal: LeaseSignal): void {
    switch (signal.kind) {
      case 'resigned':
        return this.loop.post({ kind: 'lease-freed' });
      case 'resign-requested': {
        const mayStandStill = signal.job !== '' && this.deps.observer().mayStandStill(signal.job);
        return this.loop.post({ ...signal, mayStandStill });
      }
      case 'disconnected':
      case 'connected':
      case 'presence-lost':
      case 'presence-found':
      case 'holder-missing':
        return this.loop.post(signal);
      default:
        return this.deps.observer().notified(signal);
    }
  }
}

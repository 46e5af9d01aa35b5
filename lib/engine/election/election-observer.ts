import type { Term } from '../../core/election/term.js';
import type { Candidacy } from '../../ports/candidate-store.js';
import type { ControlSignal, HeldLease, RenewedLease } from '../../ports/lease-store.js';
import type { ObserverEffect } from './election-state.js';

/**
 * What the election calls, directly and in order: the engine. Listeners of the public bus are informed afterwards.
 * Some of it goes with the commands of the election, and costs none of its own.
 */
export interface ElectionObserver {
  /** This process leads from now on. */
  termBegan(term: Term): void;
  /** The lease was confirmed again after a suspension. */
  termResumed(): void;
  /** This process leads no longer. */
  termEnded(): void;
  /** Jobs whose watermarks the next probe of the lease should bring. */
  watched(): readonly string[];
  /**
   * Whether a job's watermark may stand still: this process is at work on the job, the store refuses what it asks about
   * it, or the job does not tick here.
   */
  mayStandStill(job: string): boolean;
  /** This process goes on leading though it was asked to resign over this job, whose watermark may stand still. */
  refusedToResign(job: string): void;
  /** Another process holds the lease. */
  held(lease: HeldLease): void;
  /** The lease was renewed. */
  renewed(lease: RenewedLease): void;
  /** The store notifies of something that was requested. */
  notified(signal: ControlSignal): void;
  /** What the next attempt or renewal reports of this pod's jobs; `undefined`: nothing. */
  candidacy(): Candidacy | undefined;
  /** How much later this pod competes for a lease that becomes free, because it knows a better candidate, ms. */
  readonly deferMs: number;
  /** This pod loses its term through a fault of its own. */
  distrusted(): void;
}

/** Performs an effect that calls the engine. */
export function callObserver(observer: ElectionObserver, effect: ObserverEffect): void {
  switch (effect.kind) {
    case 'term-began':
      return observer.termBegan(effect.term);
    case 'term-resumed':
      return observer.termResumed();
    case 'term-ended':
      return observer.termEnded();
    case 'distrusted':
      return observer.distrusted();
    case 'resign-refused':
      return observer.refusedToResign(effect.job);
    case 'held':
      return observer.held(effect.lease);
    case 'renewed':
      return observer.renewed(effect.lease);
  }
}

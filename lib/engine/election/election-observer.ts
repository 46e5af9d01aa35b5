import type { Term } from '../../core/election/term.js';
import type { Candidacy } from '../../ports/candidate-store.js';
import type { ControlSignal, HeldLease, RenewedLease } from '../../ports/lease-store.js';
import type { ObserverEffect } from './election-state.js';

/**
 * The engine, as the election calls it: directly and in order. Listeners of the public bus are informed afterwards. Some
 * answers go with the commands of the election, and cost no command of their own.
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
   * Whether a job's watermark may stand still: this process is at work on the job, the store refuses its questions about
   * the job, or the job does not tick here.
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
  /** The note on this pod's jobs that the next attempt or renewal carries; `undefined`: none. */
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

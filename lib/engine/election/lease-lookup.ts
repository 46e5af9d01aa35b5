import type { LeaseStore, LeaseView } from '../../ports/lease-store.js';
import { isUnknown, type StoreCall } from '../store-call.js';

/** Looks up the lease, and asks its holder to resign: what a pod may do whether it competes or not. */
export class LeaseLookup {
  constructor(
    private readonly store: LeaseStore,
    private readonly call: StoreCall,
  ) {}

  /** The pod that holds the lease, as the store reports. Rejects with `StoreUnavailableError` when it does not answer. */
  async lookUp(): Promise<LeaseView> {
    const answer = await this.call.call(signal => this.store.read(signal));
    if (answer.kind === 'unknown') throw answer.cause;
    return answer;
  }

  /**
   * Asks the leader to resign, because a person wants it; it does with its next renewal at the latest. Resolves to
   * whether there is a leader; rejects with `StoreUnavailableError` when the store does not answer.
   */
  async askLeaderToResign(): Promise<boolean> {
    const lease = await this.lookUp();
    // A key that was set by a person has no holder that could be notified.
    if (lease.kind === 'free' || lease.token === 0) return false;
    const answer = await this.requestResignation(lease.token, '');
    if (isUnknown(answer)) throw answer.cause;
    return true;
  }

  /** Asks the holder of a term to resign over a job. Never rejects: where the request is lost, the ttl ends the term. */
  requestResignation(token: number, job: string) {
    return this.call.call(signal => this.store.requestResignation(token, job, signal));
  }
}

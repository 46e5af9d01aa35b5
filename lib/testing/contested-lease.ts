import { RamLeaseStore } from '../adapters/ram/ram-lease-store.js';
import type { LeaseListener } from '../ports/lease-store.js';

/** The candidate that leads while the application under test does not. */
export const RIVAL = 'another-pod';

/** The lease of a test: a rival takes it, or gives it back, when the test says so. */
export class ContestedLease extends RamLeaseStore {
  private listener: LeaseListener | undefined;

  override watch(listener: LeaseListener): void {
    this.listener = listener;
    super.watch(listener);
  }

  /** The rival leads, in a term of its own. It runs no jobs. */
  async takeAway(): Promise<void> {
    const view = await this.read();
    if (view.kind === 'held') await super.resign({ candidateId: view.holder, token: view.token });
    const request = { candidateId: RIVAL, ttlMs: Infinity, endedToken: 0, evidence: false, watched: [] };
    await super.acquire(request);
    this.lookAgain();
  }

  /** The rival, if it leads, does so no more. */
  async giveBack(): Promise<void> {
    const view = await this.read();
    if (view.kind === 'held' && view.holder === RIVAL)
      await super.resign({ candidateId: RIVAL, token: view.token });
    this.lookAgain();
  }

  /** Has the candidate ask at once, as after a reconnect. */
  private lookAgain(): void {
    this.listener?.({ kind: 'connected' });
  }
}

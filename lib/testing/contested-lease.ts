import { RamLeaseStore } from '../adapters/ram/ram-lease-store.js';
import type { LeaseListener } from '../ports/lease-store.js';

/** The candidate that leads while the application under test does not. */
export const RIVAL = 'another-pod';

/** The lease of a test: a rival takes or releases it when the test says so. */
export class ContestedLease extends RamLeaseStore {
  private listener: LeaseListener | undefined;

  override watch(listener: LeaseListener): void {
    this.listener = listener;
    super.watch(listener);
  }

  /** The rival leads, in a term of its own. It runs no jobs. */
  async takeAway(): Promise<void> {
    const view = await this.read();
    if (view.kind === 'held') await super.resign({ podId: view.holder, token: view.token });
    const request = { podId: RIVAL, ttlMs: Infinity, endedToken: 0, evidence: false, watched: [] };
    await super.acquire(request);
    this.reconnect();
  }

  /** The rival, if it leads, does so no more. */
  async giveBack(): Promise<void> {
    const view = await this.read();
    if (view.kind === 'held' && view.holder === RIVAL)
      await super.resign({ podId: RIVAL, token: view.token });
    this.reconnect();
  }

  /** Has the candidate probe the lease at once, as after a reconnect. */
  private reconnect(): void {
    this.listener?.({ kind: 'connected' });
  }
}

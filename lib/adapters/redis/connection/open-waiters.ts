import type { StoreUnavailableError } from '../../../core/errors/errors.js';
import type { Client } from './redis-client.js';
import { unavailable } from './redis-errors.js';

interface Waiter {
  readonly resolve: (client: Client) => void;
  readonly reject: (error: StoreUnavailableError) => void;
}

/** Commands that wait until a connection is open for the first time. */
export class OpenWaiters {
  private readonly waiters = new Set<Waiter>();

  /** @param reasonOf why there is no connection, asked when the signal aborts */
  add(signal: AbortSignal, reasonOf: () => unknown): Promise<Client> {
    return new Promise<Client>((resolve, reject) => {
      const waiter = { resolve, reject };
      this.waiters.add(waiter);
      signal.addEventListener('abort', () => {
        if (this.waiters.delete(waiter)) reject(unavailable(reasonOf()));
      });
    });
  }

  resolve(client: Client): void {
    for (const { resolve } of this.waiters) resolve(client);
    this.waiters.clear();
  }

  reject(cause: unknown): void {
    for (const { reject } of this.waiters) reject(unavailable(cause));
    this.waiters.clear();
  }
}

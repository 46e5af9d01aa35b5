import type { CandidateStore } from './candidate-store.js';
import type { ClusterStore, ControlStore } from './control-store.js';
import type { HistoryStore } from './history-store.js';
import type { LeaseStore } from './lease-store.js';
import type { RunStore } from './run-store.js';

/** All stores of one scheduler. */
export interface Stores {
  readonly lease: LeaseStore;
  readonly runs: RunStore;
  readonly history: HistoryStore;
  readonly control: ControlStore;
  readonly cluster: ClusterStore;
  /** `undefined` in RAM mode: there is one pod. */
  readonly candidates?: CandidateStore;
  /** Opens the connections. */
  open(): void;
  /**
   * Resolves when the stores can be used for the first time; opens the connections if they are not open. With a signal,
   * rejects with the reason when the last attempt to open them has failed.
   */
  ready(signal?: AbortSignal): Promise<void>;
  /** Resolves when the stores can be used for the first time, to what they run on; `undefined` in a test. */
  facts(): Promise<StoreFacts | undefined>;
  close(): Promise<void>;
}

/** Facts about the server below the stores. */
export interface StoreFacts {
  /** Such as `Redis 7.0.15`; `undefined`: there is none, or it does not say. */
  readonly server?: string | undefined;
  /** Why other pods cannot see at once that this one has crashed; `undefined`: they can. */
  readonly slowTakeover?: string | undefined;
}

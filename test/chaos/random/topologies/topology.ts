import type { Loss } from '../evidence.js';
import type { FaultKind } from '../fault-kind.js';
import type { Network } from '../network.js';

/** A way to run Redis, and what can be done to it. */
export interface Topology {
  /** The ports of all servers that a pod may talk to. */
  readonly ports: readonly number[];
  readonly faults: readonly FaultKind[];
  /** How many replicas a master has. */
  readonly replicas: number;
  /** What Redis may have forgotten so far. */
  readonly losses: readonly Loss[];
  /** What a pod behind this network gives as `redis`. */
  redisFor(network: Network): string | object;
  /** Settles when all servers are at work again. */
  mended(): Promise<void>;
  dispose(): Promise<void>;
}

export const TOPOLOGIES = ['single', 'persistent', 'sentinel', 'cluster'] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];

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
  /** The spans whose writes Redis may have lost so far. */
  readonly losses: readonly Loss[];
  /** The option `redis` of a pod behind this network. */
  redisFor(network: Network): string | object;
  /** Settles when all servers are at work again. */
  repaired(): Promise<void>;
  dispose(): Promise<void>;
}

export const TOPOLOGIES = ['single', 'persistent', 'sentinel', 'cluster'] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];

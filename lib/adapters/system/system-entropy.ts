import { randomUUID } from 'node:crypto';

import type { Entropy } from '../../ports/entropy.js';

/** Real randomness. */
export class SystemEntropy implements Entropy {
  uniform(minMs: number, maxMs: number): number {
    return minMs + Math.random() * (maxMs - minMs);
  }

  id(): string {
    // 48 random bits; unlike single calls for bytes, Node draws them from a pool.
    return randomUUID().slice(-12);
  }
}

import { randomBytes } from 'node:crypto';

import type { Entropy } from '../../ports/entropy.js';

/** Real randomness. */
export class SystemEntropy implements Entropy {
  uniform(minMs: number, maxMs: number): number {
    return minMs + Math.random() * (maxMs - minMs);
  }

  id(): string {
    return randomBytes(6).toString('hex');
  }
}

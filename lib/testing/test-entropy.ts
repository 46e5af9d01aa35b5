import type { Entropy } from '../ports/entropy.js';

/** Nothing is left to chance: the same test sees the same delays and ids. */
export class TestEntropy implements Entropy {
  private ids = 0;

  /** Always the lower bound: nothing spreads, and a retry comes after its full backoff, whatever its jitter. */
  uniform(minMs: number): number {
    return minMs;
  }

  /** `run-1`, `run-2` and so on. */
  id(): string {
    this.ids += 1;
    return `run-${this.ids}`;
  }
}

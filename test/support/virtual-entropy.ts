import type { Entropy } from '../../lib/ports/entropy.js';

/** Randomness that repeats itself: the same seed gives the same numbers and ids, in the same order. */
export class VirtualEntropy implements Entropy {
  #state: number;
  #ids = 0;

  /** @param seed an integer; entropies of different seeds never share an id */
  constructor(private readonly seed = 1) {
    this.#state = seed;
  }

  uniform(minMs: number, maxMs: number): number {
    return minMs + this.#next() * (maxMs - minMs);
  }

  id(): string {
    this.#ids += 1;
    return `id-${this.seed}-${this.#ids}`;
  }

  /** Mulberry32: uniform in [0, 1). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

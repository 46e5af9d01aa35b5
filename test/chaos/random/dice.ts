/** Randomness that repeats itself: the same seed gives the same throws. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in `[from, to)`. */
  between(from: number, to: number): number {
    return from + this.#next() * (to - from);
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[Math.floor(this.between(0, items.length))] ?? items[0];
  }

  /** True as often as `share` says. */
  sometimes(share: number): boolean {
    return this.#next() < share;
  }

  /** Dice of their own, for whatever runs beside others: the order of events then does not change the throws. */
  another(): Dice {
    return new Dice(this.between(1, 2 ** 31));
  }

  /** Mulberry32: uniform in [0, 1). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

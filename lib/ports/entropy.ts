/** Randomness as a port, so that a test can replay it. */
export interface Entropy {
  /** A uniformly distributed number of milliseconds in `[minMs, maxMs)`. */
  uniform(minMs: number, maxMs: number): number;
  /** A short identifier that no other call of any process is expected to return. */
  id(): string;
}

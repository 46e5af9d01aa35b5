import type { Instant } from '../../core/election/instant.js';
import type { Clock, Timer } from '../../ports/clock.js';

/** How often the two clocks are compared. */
export const CLOCK_CHECK_MS = 10_000;
/** A smaller difference changes when timers have to fire by an imperceptible time. */
const NOTICED_MS = 50;

/**
 * Compares the wall clock with the monotonic clock, by which timers run: a wall clock that was set, or went on while
 * the machine slept, is noticed within ten seconds. Costs one timer and no I/O.
 */
export class ClockWatch {
  private last: Instant | undefined;
  private timer: Timer | undefined;

  /** @param onStep called with the ms by which the wall clock has moved against the monotonic one */
  constructor(
    private readonly clock: Clock,
    private readonly checkMs: number,
    private readonly onStep: (byMs: number) => void,
  ) {}

  start(): void {
    this.last = this.clock.now();
    this.sleep();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private sleep(): void {
    this.timer = this.clock.timer(this.checkMs, () => this.check());
    // It is no reason for a process to live on.
    this.timer.unref?.();
  }

  private check(): void {
    const now = this.clock.now();
    const { last = now } = this;
    this.last = now;
    this.sleep();
    const byMs = now.wallMs - last.wallMs - (now.monoMs - last.monoMs);
    if (Math.abs(byMs) >= NOTICED_MS) this.onStep(byMs);
  }
}

import type { Clock, Timer } from '../../ports/clock.js';

/**
 * The past of the application (missed ticks, crashed runs, requests) waits until a pod has been up for an interval: a short script of the same application, which ends before that, starts none of it. A pod that has been
 * up for longer waits for nothing.
 */
export class CatchUpGate {
  private timer: Timer | undefined;
  private opensMono: number;
  private isPassed: boolean;

  /** @param afterMs how long after its start the gate opens; 0: it is open from the beginning */
  constructor(
    private readonly clock: Clock,
    private readonly afterMs: number,
  ) {
    this.isPassed = afterMs <= 0;
    this.opensMono = this.isPassed ? -Infinity : Infinity;
  }

  get isOpen(): boolean {
    return this.isPassed;
  }

  /** How long it stays closed, ms; 0: it is open. */
  get remainingMs(): number {
    return this.isPassed ? 0 : Math.max(0, this.opensMono - this.clock.now().monoMs);
  }

  /** The pod has started. Calls `onOpen` when the gate opens, unless it is open. */
  start(onOpen: () => void): void {
    if (this.isPassed) return;
    this.opensMono = this.clock.now().monoMs + this.afterMs;
    this.timer = this.clock.timer(this.afterMs, () => {
      this.isPassed = true;
      onOpen();
    });
  }

  /** The pod shuts down: it opens no more. */
  stop(): void {
    this.timer?.cancel();
  }
}

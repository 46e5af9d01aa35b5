import type { Clock, Instant, Timer } from '../../lib/ports/clock.js';
import { VirtualClock } from './virtual-clock.js';

/** The clock of one pod: it may be ahead of the others, and it stops with its process. */
export class PodClock implements Clock {
  /** How many calls of `immediate` are to come. */
  collecting = 0;
  /** For how long a timer was ever set that is to end. */
  longestMs = 0;
  private isStopped = false;

  constructor(
    private readonly inner: VirtualClock,
    /** How far its wall clock is ahead; may be set. */
    public aheadMs: number,
  ) {}

  now(): Instant {
    const { wallMs, monoMs } = this.inner.now();
    return { wallMs: wallMs + this.aheadMs, monoMs };
  }

  timer(delayMs: number, fire: () => void): Timer {
    if (delayMs !== Infinity) this.longestMs = Math.max(this.longestMs, delayMs);
    return this.inner.timer(delayMs, () => this.unlessStopped(fire));
  }

  immediate(fire: () => void): void {
    this.collecting += 1;
    this.inner.immediate(() => {
      this.collecting -= 1;
      this.unlessStopped(fire);
    });
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Settles after this time, or when the signal aborts; rejects then. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.timer(ms, resolve);
      signal?.addEventListener('abort', () => {
        timer.cancel();
        reject(signal.reason as Error);
      });
    });
  }

  private unlessStopped(fire: () => void): void {
    if (!this.isStopped) fire();
  }
}

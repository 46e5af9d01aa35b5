import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Clock, Timer } from '../../ports/clock.js';

/** A timer that fires this much late tells of a busy event loop or a paused process. */
const NOTEWORTHY_MS = 1000;

/**
 * Repeats an attempt for as long as it is wanted: one at a time, each saying when the next one follows. Something
 * that happens meanwhile can bring the next one forward, never put it off.
 */
export class AttemptLoop {
  private underWay: Promise<void> | undefined;
  private timer: Timer | undefined;
  private dueAt = Infinity;
  private hastenedMs = Infinity;

  /**
   * @param attempt resolves to the delay until the next attempt, `undefined`: none; never rejects
   * @param onLate told how late a timer fired, when that is worth telling
   */
  constructor(
    private readonly clock: Clock,
    private readonly attempt: () => Promise<number | undefined>,
    private readonly onLate: (lateMs: number) => void,
  ) {}

  /** Makes the next attempt so many milliseconds from now, instead of the one that was due. */
  after(delayMs: number): void {
    const setAt = this.clock.now();
    this.timer?.cancel();
    this.dueAt = setAt.monoMs + delayMs;
    this.timer = this.clock.timer(delayMs, () => this.fire(setAt, delayMs));
  }

  /** Makes the next attempt at once, unless one is under way. */
  now(): void {
    this.underWay ??= this.attempt().then(delayMs => {
      this.underWay = undefined;
      const hastenedMs = this.hastenedMs;
      this.hastenedMs = Infinity;
      if (delayMs !== undefined) this.after(Math.min(delayMs, hastenedMs));
    });
  }

  /** Makes the next attempt no later than so many milliseconds from now, or after the one under way. */
  hasten(delayMs: number): void {
    if (this.underWay !== undefined) this.hastenedMs = Math.min(this.hastenedMs, delayMs);
    else if (this.clock.now().monoMs + delayMs < this.dueAt) this.after(delayMs);
  }

  /** Makes the next attempt so many milliseconds from now, also when it was due before; or so long after the one under way. */
  replace(delayMs: number): void {
    if (this.underWay !== undefined) this.hastenedMs = Math.min(this.hastenedMs, delayMs);
    else this.after(delayMs);
  }

  /** Makes no further attempt; settles when the one under way has ended. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.dueAt = Infinity;
    await this.underWay;
    this.timer?.cancel();
  }

  private fire(setAt: Instant, delayMs: number): void {
    this.dueAt = Infinity;
    const lateMs = elapsedMs(setAt, this.clock.now()) - delayMs;
    if (lateMs >= NOTEWORTHY_MS) this.onLate(lateMs);
    this.now();
  }
}

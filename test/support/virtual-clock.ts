import { setImmediate as macrotask } from 'node:timers/promises';
import type { Clock, Instant, Timer } from '../../lib/ports/clock.js';

/** Enough turns for code that crosses several macrotasks of its own (streams, `setImmediate`) between awaits. */
const turnsToSettle = 4;
/** Without time moving on. */
const tooManyFirings = 10_000;

interface PendingTimer {
  readonly dueMono: number;
  readonly fire: () => void;
}

/**
 * A clock that moves only when a test moves it. Wall and monotonic time start far apart, so that mixing them up
 * shows. A timer that throws makes the move that fired it reject.
 */
export class VirtualClock implements Clock {
  #wallMs: number;
  #monoMs = 5_000;
  /** Calls of `immediate` that have not fired: time stands still until they have. */
  #immediates = 0;
  /** In the order they were set, which decides between timers due at the same time. */
  readonly #timers = new Set<PendingTimer>();

  /** @param startsAt Unix ms; 2030-01-01T00:00:00Z by default */
  constructor(startsAt = Date.UTC(2030, 0, 1)) {
    this.#wallMs = startsAt;
  }

  now(): Instant {
    return { wallMs: this.#wallMs, monoMs: this.#monoMs };
  }

  timer(delayMs: number, fire: () => void): Timer {
    const timer = { dueMono: this.#monoMs + Math.max(0, delayMs), fire };
    if (timer.dueMono !== Infinity) this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  immediate(fire: () => void): void {
    this.#immediates += 1;
    void macrotask().then(() => {
      this.#immediates -= 1;
      fire();
    });
  }

  /** How many timers are set and have neither fired nor been cancelled; those at `Infinity` do not count. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Lives through the next `ms` milliseconds: every timer fires at its due time, in order, and what its firing
   * set in motion settles before the next one. `advance(0)` only lets things settle and fires what is due.
   */
  async advance(ms: number): Promise<void> {
    const endMono = this.#monoMs + nonNegative(ms);
    await this.#fireAll(endMono);
    this.#moveTo(endMono);
  }

  /** Stops the process for `ms` milliseconds: both clocks move on, and only then what is due fires, late. */
  async pauseFor(ms: number): Promise<void> {
    this.#moveTo(this.#monoMs + nonNegative(ms));
    await this.#fireAll(this.#monoMs);
  }

  /** Suspends the virtual machine for `ms` milliseconds: the monotonic clock stands still, and timers with it. */
  suspendFor(ms: number): void {
    this.#wallMs += nonNegative(ms);
  }

  /** Sets the wall clock forward, or back if negative, as an operator or NTP does. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  async #fireAll(untilMono: number): Promise<void> {
    await this.#settle();
    let firingsNow = 0;
    for (let next = this.#next(untilMono); next; next = this.#next(untilMono)) {
      firingsNow = next.dueMono > this.#monoMs ? 1 : firingsNow + 1;
      if (firingsNow > tooManyFirings) throw new Error('A timer keeps setting itself without a delay.');
      this.#timers.delete(next);
      this.#moveTo(Math.max(this.#monoMs, next.dueMono));
      next.fire();
      await this.#settle();
    }
  }

  /** Between two macrotasks, promise chains of any length run to their end. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < turnsToSettle || this.#immediates > 0; turn += 1) await macrotask();
  }

  #next(untilMono: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMono <= untilMono && (!next || timer.dueMono < next.dueMono)) next = timer;
    }
    return next;
  }

  #moveTo(monoMs: number): void {
    this.#wallMs += monoMs - this.#monoMs;
    this.#monoMs = monoMs;
  }
}

function nonNegative(ms: number): number {
  if (ms >= 0 && ms < Infinity) return ms;
  throw new RangeError(`Time moves forward by a finite number of milliseconds, not by ${ms}.`);
}

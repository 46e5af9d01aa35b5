import { setImmediate as macrotask } from 'node:timers/promises';

import type { Clock, Instant, Timer } from '../ports/clock.js';

/** Enough turns for code that crosses several macrotasks of its own (streams, `setImmediate`) between awaits. */
const TURNS_TO_SETTLE = 4;
/** Without time moving on. */
const TOO_MANY_FIRINGS = 10_000;

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
  readonly #waitBeside: () => Promise<boolean>;

  /**
   * @param startsAt Unix ms; 2030-01-01T00:00:00Z by default
   * @param waitBeside waits, in real time, for work that time must not overtake; resolves to whether there was any
   */
  constructor(startsAt = Date.UTC(2030, 0, 1), waitBeside = () => Promise.resolve(false)) {
    this.#wallMs = startsAt;
    this.#waitBeside = waitBeside;
  }

  /** Reads both clocks. */
  now(): Instant {
    return { wallMs: this.#wallMs, monoMs: this.#monoMs };
  }

  /** Calls `fire` when time has been moved on by `delayMs` milliseconds; never for `Infinity`. */
  timer(delayMs: number, fire: () => void): Timer {
    const timer = { dueMono: this.#monoMs + Math.max(0, delayMs), fire };
    if (timer.dueMono !== Infinity) this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Calls `fire` after everything that is due now, without time moving on. */
  immediate(fire: () => void): void {
    this.#immediates += 1;
    setImmediate(() => {
      this.#immediates -= 1;
      fire();
    });
  }

  /** Settles when time has been moved on by `ms` milliseconds; rejects with the signal's reason if that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.timer(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) onAbort();
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

  /**
   * Goes from timer to timer until `isOver` says so, at most `limitMs` milliseconds far. Stands still where no timer
   * is left to fire by then.
   */
  async advanceUntil(isOver: () => boolean, limitMs: number): Promise<void> {
    await this.#fireAll(this.#monoMs + nonNegative(limitMs), isOver);
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

  async #fireAll(untilMono: number, isOver = () => false): Promise<void> {
    await this.#settle();
    let firingsNow = 0;
    for (let next = this.#next(untilMono); next && !isOver(); next = this.#next(untilMono)) {
      firingsNow = next.dueMono > this.#monoMs ? 1 : firingsNow + 1;
      if (firingsNow > TOO_MANY_FIRINGS) throw new Error('A timer keeps setting itself without a delay.');
      this.#timers.delete(next);
      this.#moveTo(next.dueMono);
      next.fire();
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    do await this.#turns();
    while (await this.#waitBeside());
  }

  /** Between two macrotasks, promise chains of any length run to their end. */
  async #turns(): Promise<void> {
    for (let turn = 0; turn < TURNS_TO_SETTLE || this.#immediates > 0; turn += 1) await macrotask();
  }

  #next(untilMono: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMono <= untilMono && (!next || timer.dueMono < next.dueMono)) next = timer;
    }
    return next;
  }

  /** Never back: two moves at once each go their way. */
  #moveTo(monoMs: number): void {
    const gone = Math.max(0, monoMs - this.#monoMs);
    this.#wallMs += gone;
    this.#monoMs += gone;
  }
}

function nonNegative(ms: number): number {
  if (ms >= 0 && ms < Infinity) return ms;
  throw new RangeError(`Time moves forward by a finite number of milliseconds, not by ${ms}.`);
}

import type { Clock, Instant, Timer } from '../../../lib/ports/clock.js';
import type { Random } from './random.js';
import { EPOCH, type World } from './world.js';

/** A timer fires up to this much late; a real event loop is no more exact. */
const TIMER_LATENESS_MS = 1;

/** A longer timer checks its clock in between: the clock may run at another rate by then. */
const PROBE_MS = 2000;

interface PendingTimer {
  readonly dueMono: number;
  readonly fire: () => void;
  isCancelled: boolean;
}

export interface ProcessClocks {
  /** How far the wall clock is off at the beginning. */
  readonly wallOffsetMs: number;
  /** How fast both clocks run: 1 is true. */
  readonly rate: number;
}

/**
 * The operating system's side of one process: its clocks, and when it gets to run. A stopped process gets all that
 * it missed when it goes on: due timers first, then what came over the network, as Node's event loop does it.
 */
export class SimProcess implements Clock {
  private state: 'running' | 'paused' | 'suspended' | 'dead' = 'running';
  /** Both clocks as they stood at an instant of the true time; they run on from there. */
  private anchor: { readonly trueMs: number; readonly monoMs: number; readonly wallMs: number };
  private rate: number;
  private slowestRate: number;
  private deathMs: number | undefined;
  private wokeAtMs = -Infinity;
  private setBackAtMs = -Infinity;
  private setForwardAtMs = -Infinity;
  private lateTimers: PendingTimer[] = [];
  private lateInput: (() => void)[] = [];
  /** Input that has come, and is handled one by one at this moment: what comes next is not ahead of it. */
  private waitingInput = 0;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    { wallOffsetMs, rate }: ProcessClocks,
  ) {
    this.rate = rate;
    this.slowestRate = rate;
    const monoMs = random.integer(1000, 1_000_000);
    this.anchor = { trueMs: world.nowMs, monoMs, wallMs: EPOCH + world.nowMs + wallOffsetMs };
  }

  get isAlive(): boolean {
    return this.state !== 'dead';
  }

  /** How long ago its machine woke up. */
  get awakeForMs(): number {
    return this.world.nowMs - this.wokeAtMs;
  }

  /** How long ago its wall clock was set back. */
  get setBackForMs(): number {
    return this.world.nowMs - this.setBackAtMs;
  }

  /** How long ago its wall clock was set forward. */
  get setForwardForMs(): number {
    return this.world.nowMs - this.setForwardAtMs;
  }

  get isRunning(): boolean {
    return this.state === 'running';
  }

  now(): Instant {
    return { wallMs: Math.floor(this.wallMs), monoMs: this.monoMs };
  }

  timer(delayMs: number, fire: () => void): Timer {
    if (delayMs === Infinity) return NEVER;
    const lateMs = 0.01 + this.random.next() * TIMER_LATENESS_MS;
    const timer = { dueMono: this.monoMs + Math.max(0, delayMs) + lateMs, fire, isCancelled: false };
    this.wait(timer);
    return { cancel: () => void (timer.isCancelled = true) };
  }

  immediate(fire: () => void): void {
    this.world.atEndOf(this.world.nowMs, () => this.receive(fire));
  }

  /** Gives the process something that came from outside. */
  receive(handle: () => void): void {
    if (this.state === 'running' && this.waitingInput === 0) this.enter(handle);
    else if (this.state === 'running') this.afterTheRest(handle);
    else if (this.state !== 'dead') this.lateInput.push(handle);
  }

  /** Stops it as SIGSTOP does: the clocks run on. */
  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  /** Stops it with its machine: the monotonic clock stands still. */
  suspend(): void {
    if (this.state !== 'running') return;
    this.anchorNow();
    this.state = 'suspended';
  }

  /** Lets it go on. */
  resume(): void {
    if (this.state !== 'paused' && this.state !== 'suspended') return;
    this.anchorNow();
    if (this.state === 'suspended') this.wokeAtMs = this.world.nowMs;
    this.state = 'running';
    const timers = this.lateTimers.sort((a, b) => a.dueMono - b.dueMono);
    const input = this.lateInput;
    this.lateTimers = [];
    this.lateInput = [];
    for (const timer of timers) this.world.after(0, () => this.fire(timer));
    for (const handle of input) this.afterTheRest(handle);
  }

  /** Ends it without a word: nothing of it ever happens again. */
  kill(): void {
    if (this.state !== 'dead') this.deathMs = this.world.nowMs;
    this.state = 'dead';
  }

  /** When it ended, by the true time; `undefined`: it has not. */
  get endedAtMs(): number | undefined {
    return this.deathMs;
  }

  /** By how much its clocks ever ran too slow, as a share of the time. */
  get slowness(): number {
    return Math.max(0, 1 - this.slowestRate);
  }

  /** Sets the wall clock forward, or back if negative. */
  jumpWall(ms: number): void {
    if (ms < 0) this.setBackAtMs = this.world.nowMs;
    else this.setForwardAtMs = this.world.nowMs;
    this.anchorNow();
    this.anchor = { ...this.anchor, wallMs: this.anchor.wallMs + ms };
  }

  /** Lets both clocks run faster or slower from now on. */
  drift(rate: number): void {
    this.anchorNow();
    this.rate = rate;
    this.slowestRate = Math.min(this.slowestRate, rate);
  }

  /** How far the wall clock is ahead of the true time. */
  get wallErrorMs(): number {
    return this.wallMs - (EPOCH + this.world.nowMs);
  }

  private wait(timer: PendingTimer): void {
    const leftMs = (timer.dueMono - this.monoMs) / this.rate;
    this.world.after(Math.min(leftMs, PROBE_MS), () => this.fire(timer));
  }

  private fire(timer: PendingTimer): void {
    if (timer.isCancelled || this.state === 'dead') return;
    if (this.state !== 'running') this.lateTimers.push(timer);
    else if (this.monoMs + 0.001 < timer.dueMono) this.wait(timer);
    else this.enter(timer.fire);
  }

  private afterTheRest(handle: () => void): void {
    this.waitingInput += 1;
    this.world.after(0, () => {
      this.waitingInput -= 1;
      if (this.state === 'running') this.enter(handle);
      else if (this.state !== 'dead') this.lateInput.push(handle);
    });
  }

  private enter(handle: () => void): void {
    this.world.hasWork = true;
    handle();
  }

  private get monoMs(): number {
    if (this.state === 'suspended') return this.anchor.monoMs;
    return this.anchor.monoMs + (this.world.nowMs - this.anchor.trueMs) * this.rate;
  }

  private get wallMs(): number {
    return this.anchor.wallMs + (this.world.nowMs - this.anchor.trueMs) * this.rate;
  }

  private anchorNow(): void {
    const { monoMs, wallMs } = this;
    this.anchor = { trueMs: this.world.nowMs, monoMs, wallMs };
  }
}

const NEVER: Timer = { cancel: () => undefined };

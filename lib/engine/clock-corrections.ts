import type { Clock } from '../ports/clock.js';
import type { Ticker } from '../ports/ticker.js';
import { ClockWatch } from './election/clock-watch.js';
import type { LeaderElector } from './election/elector.js';
import type { StoreClock, StoreClockStep } from './election/store-clock.js';
import type { EventBus } from './event-bus.js';
import type { JobTimers } from './job-timers.js';
import type { WakeUps } from './ticks/wake-ups.js';

/** A smaller step of the wall clock is corrected, and not reported. */
const REPORTED_STEP_MS = 1000;

export interface ClockCorrectionsDeps {
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  /** How often the wall clock is compared with the monotonic one; `Infinity`: never. */
  readonly clockCheckMs: number;
  readonly events: EventBus;
  readonly elector: Pick<LeaderElector, 'clockStepped'>;
  readonly ticker: Pick<Ticker, 'realign'>;
  readonly timers: JobTimers;
  readonly wakeUps: Pick<WakeUps, 'checkAll' | 'openAhead'>;
}

/** Sets the timers anew when a clock by which ticks are due has stepped or was corrected, and starts what is due by then. */
export class ClockCorrections {
  private isStarted = false;
  private readonly watch: ClockWatch;

  constructor(private readonly deps: ClockCorrectionsDeps) {
    const { clock, clockCheckMs, storeClock } = deps;
    this.watch = new ClockWatch(clock, clockCheckMs, byMs => this.podClockStepped(byMs));
    storeClock.watchSteps(step => this.storeClockStepped(step));
    storeClock.watch(() => this.realign());
  }

  start(): void {
    this.isStarted = true;
    this.watch.start();
  }

  stop(): void {
    this.watch.stop();
  }

  private podClockStepped(byMs: number): void {
    const { events, elector } = this.deps;
    if (Math.abs(byMs) >= REPORTED_STEP_MS)
      events.emit({ type: 'clock.stepped', byMs: Math.round(byMs), clock: 'pod' });
    elector.clockStepped();
    this.realign();
  }

  /** `realign` checks again which ticks are due. `podClockStepped` reports a step of this pod's own clock. */
  private storeClockStepped({ byMs, isOwn }: StoreClockStep): void {
    const { events, wakeUps, timers } = this.deps;
    if (!isOwn) events.emit({ type: 'clock.stepped', byMs: Math.round(byMs), clock: 'redis' });
    wakeUps.openAhead(timers.active);
  }

  private realign(): void {
    if (!this.isStarted) return;
    this.deps.ticker.realign();
    this.deps.wakeUps.checkAll();
  }
}

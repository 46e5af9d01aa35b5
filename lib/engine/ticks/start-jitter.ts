import type { Clock } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import type { StoreClock } from '../election/store-clock.js';

export interface StartSpreadDeps {
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly entropy: Entropy;
}

/** The wait of a job's ticks for their moments within its jitter: of one tick at a time, so that they keep their order. */
export class StartSpread {
  private endWait: (() => void) | undefined;

  constructor(
    private readonly jitterMs: number,
    private readonly deps: StartSpreadDeps,
  ) {}

  /** Whether a tick waits. */
  get isWaiting(): boolean {
    return this.endWait !== undefined;
  }

  /** How long a tick (Unix ms) still has to wait, by chance; 0 or less: not at all. A tick that is older waits less. */
  delayOf(tick: number): number {
    if (this.jitterMs === 0) return 0;
    const { storeClock, entropy } = this.deps;
    const delayMs = tick + entropy.uniform(0, this.jitterMs) - storeClock.nowMs;
    return Math.min(delayMs, this.jitterMs);
  }

  /** Settles after so long, or at `end`. */
  wait(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        timer.cancel();
        this.endWait = undefined;
        resolve();
      };
      const timer = this.deps.clock.timer(delayMs, end);
      this.endWait = end;
    });
  }

  /** Ends the wait under way, if there is one. */
  end(): void {
    this.endWait?.();
  }
}

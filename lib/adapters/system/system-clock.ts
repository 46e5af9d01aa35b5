import { inPresentContext, type InContext } from '../../ports/context.js';
import type { Clock, Instant, Timer } from '../../ports/clock.js';

/** Node fires a timer beyond this at once; a longer delay is split. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The real clocks and timers of the process. */
export class SystemClock implements Clock {
  /** @param inContext where timers are set, and where they fire */
  constructor(private readonly inContext: InContext = inPresentContext) {}

  now(): Instant {
    return { wallMs: Date.now(), monoMs: performance.now() };
  }

  timer(delayMs: number, fire: () => void): Timer {
    if (delayMs === Infinity) return { cancel: () => undefined };
    let remainingMs = Math.max(0, delayMs);
    let handle: NodeJS.Timeout;
    let isUnref = false;
    const arm = (): void => {
      const stepMs = Math.min(remainingMs, MAX_DELAY_MS);
      remainingMs -= stepMs;
      handle = setTimeout(remainingMs > 0 ? arm : fire, stepMs);
      if (isUnref) handle.unref();
    };
    this.inContext(arm);
    const unref = (): void => {
      isUnref = true;
      handle.unref();
    };
    return { cancel: () => clearTimeout(handle), unref };
  }

  immediate(fire: () => void): void {
    this.inContext(() => setImmediate(fire));
  }
}

import { formatDuration } from '../options/duration.js';
import type { Schedule } from './schedule.js';

/**
 * Ticks at multiples of a duration since the Unix epoch: every pod names the same instants, so a change of leader
 * neither restarts the interval nor doubles a tick. `@every 24h` ticks at midnight UTC, `@every 7h` at another hour
 * each day.
 */
export class IntervalSchedule implements Schedule {
  readonly timeZone = undefined;
  readonly source: string;
  readonly fingerprint: string;

  /** @param everyMs whole milliseconds, at least 1; the range for users is narrower: see `parseSchedule` */
  constructor(readonly everyMs: number) {
    this.source = `@every ${formatDuration(everyMs)}`;
    this.fingerprint = this.source;
  }

  next(afterMs: number): number | undefined {
    return Number.isFinite(afterMs) ? this.multipleUpTo(afterMs) + this.everyMs : undefined;
  }

  latest(afterMs: number, untilMs: number): number | undefined {
    const tick = this.multipleUpTo(untilMs);
    return Number.isFinite(tick) && tick > afterMs ? tick : undefined;
  }

  private multipleUpTo(ms: number): number {
    return Math.floor(ms / this.everyMs) * this.everyMs;
  }
}

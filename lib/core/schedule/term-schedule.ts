import { formatDuration } from '../options/duration.js';
import type { Schedule } from './schedule.js';

/**
 * One tick per term of leading, a delay after the term began by the clock of the store. Unlike other schedules it has
 * a state, the present term of this process: without one, as on a follower, it has no tick. So no pod catches up the
 * tick of a term that is over.
 */
export class TermSchedule implements Schedule {
  readonly timeZone = undefined;
  readonly source: string;
  readonly fingerprint: string;
  private since: number | undefined;

  constructor(readonly delayMs: number) {
    this.source = `@timeout ${formatDuration(delayMs)}`;
    this.fingerprint = this.source;
  }

  /** When the present term began, Unix ms by the clock of the store; `undefined` outside of a term. */
  get termSince(): number | undefined {
    return this.since;
  }

  /** A term has begun at this instant, Unix ms by the clock of the store; `undefined`: it is over. */
  setTerm(since: number | undefined): void {
    this.since = since;
  }

  next(afterMs: number): number | undefined {
    const { tick } = this;
    return tick !== undefined && tick > afterMs ? tick : undefined;
  }

  latest(afterMs: number, untilMs: number): number | undefined {
    const tick = this.next(afterMs);
    return tick !== undefined && tick <= untilMs ? tick : undefined;
  }

  private get tick(): number | undefined {
    return this.since === undefined ? undefined : this.since + this.delayMs;
  }
}

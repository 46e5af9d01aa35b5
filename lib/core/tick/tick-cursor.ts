import type { Schedule } from '../schedule/schedule.js';

/** More ticks than this, due at once, are not worked off: the newest stands for them all. */
export const MAX_DUE_TICKS = 100;

export interface DueTicks {
  /** Unix milliseconds, oldest first. */
  readonly ticks: readonly number[];
  /**
   * There were more than `MAX_DUE_TICKS`, so that the ticks after this instant (Unix ms) were passed over, all but
   * the newest. `undefined`: none was.
   */
  readonly passedOverSince: number | undefined;
}

/**
 * Where one job stands in its schedule. A wake-up that comes late finds every tick since the last one; a
 * second wake-up for the same tick finds nothing. The coming tick is kept from wake-up to wake-up.
 */
export class TickCursor {
  private newestHandled = -Infinity;
  private coming:
    { readonly schedule: Schedule; readonly after: number; readonly tick: number | undefined } | undefined;

  /** The newest tick that was returned, Unix ms. */
  get handledUpTo(): number {
    return this.newestHandled;
  }

  /** The ticks in `(after, now]` that were not returned before. All arguments in Unix milliseconds. */
  due(schedule: Schedule, after: number, now: number): DueTicks {
    const from = Math.max(after, this.newestHandled);
    const { coming } = this;
    const isKnown = coming?.schedule === schedule && coming.after <= from && (coming.tick ?? Infinity) > from;
    let tick = isKnown ? coming.tick : schedule.next(from);
    const ticks: number[] = [];
    while (tick !== undefined && tick <= now) {
      ticks.push(tick);
      if (ticks.length > MAX_DUE_TICKS) return this.onlyTheNewest(schedule, from, tick, now);
      tick = schedule.next(tick);
    }
    this.newestHandled = ticks.at(-1) ?? this.newestHandled;
    this.coming = { schedule, after: ticks.at(-1) ?? from, tick };
    return { ticks, passedOverSince: undefined };
  }

  /** Makes the ticks after an instant (Unix ms) due again: they were returned too early. */
  rewind(to: number): void {
    this.newestHandled = Math.min(this.newestHandled, to);
    this.coming = undefined;
  }

  private onlyTheNewest(schedule: Schedule, from: number, after: number, now: number): DueTicks {
    const newest = schedule.latest(after, now) ?? after;
    this.newestHandled = newest;
    return { ticks: [newest], passedOverSince: from };
  }
}

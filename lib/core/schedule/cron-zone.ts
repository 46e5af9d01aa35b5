const HOUR_MS = 3_600_000;

/** The largest change that a zone has made, when Samoa crossed the date line, was by a day. */
const LARGEST_CHANGE_MS = 25 * HOUR_MS;

/** An offset is computed once in this time; no zone changes its clocks twice within it. */
const PERIOD_MS = 48 * HOUR_MS;

const MAX_PERIODS_KEPT = 16;

/** A stretch of time `[fromMs, untilMs)` in which the clocks of a zone are not changed. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Local time less UTC. */
  readonly offsetMs: number;
}

/** A period before and after the change in it; both are the same stretch when there is none. */
interface Period {
  readonly changeMs: number;
  readonly before: Stretch;
  readonly after: Stretch;
}

/**
 * The clocks on the walls of a zone. UTC instants are Unix ms; a local time is the ms count of a clock on the
 * wall, as if that clock showed UTC.
 *
 * Offsets make dates in zones expensive, so they are cached, a period at a time.
 */
export class CronZone {
  private readonly periods = new Map<number, Period>();

  /** `offsetAt` returns local time less UTC at a UTC instant. */
  constructor(private readonly offsetAt: (utcMs: number) => number) {}

  /** A stretch with this instant in it, not always as long as it could be. */
  stretchAt(utcMs: number): Stretch {
    const { changeMs, before, after } = this.periodAt(utcMs);
    return utcMs < changeMs ? before : after;
  }

  /** The highest local time that the clocks have shown up to an instant: not the present one in a repeated hour. */
  highestBy(utcMs: number): number {
    let stretch = this.stretchAt(utcMs - LARGEST_CHANGE_MS);
    let highest = -Infinity;
    for (; stretch.untilMs <= utcMs; stretch = this.stretchAt(stretch.untilMs))
      highest = Math.max(highest, stretch.untilMs - 1 + stretch.offsetMs);
    return Math.max(highest, utcMs + stretch.offsetMs);
  }

  /** The first instant at which the clocks show a local time or, when they jump over it, a later one. */
  firstReaching(wallMs: number): number {
    const nearMs = wallMs - this.stretchAt(wallMs).offsetMs;
    let stretch = this.stretchAt(nearMs - LARGEST_CHANGE_MS);
    while (wallMs - stretch.offsetMs >= stretch.untilMs) stretch = this.stretchAt(stretch.untilMs);
    return Math.max(wallMs - stretch.offsetMs, stretch.fromMs);
  }

  private periodAt(utcMs: number): Period {
    const index = Math.floor(utcMs / PERIOD_MS);
    const known = this.periods.get(index);
    if (known !== undefined) return known;
    if (this.periods.size >= MAX_PERIODS_KEPT) this.periods.clear();
    const period = this.explore(index * PERIOD_MS, (index + 1) * PERIOD_MS);
    this.periods.set(index, period);
    return period;
  }

  private explore(fromMs: number, untilMs: number): Period {
    const offsetMs = this.offsetAt(fromMs);
    const laterOffsetMs = this.offsetAt(untilMs);
    const whole = { fromMs, untilMs, offsetMs };
    if (offsetMs === laterOffsetMs) return { changeMs: untilMs, before: whole, after: whole };
    const changeMs = this.changeBetween(fromMs, untilMs, offsetMs);
    return {
      changeMs,
      before: { fromMs, untilMs: changeMs, offsetMs },
      after: { fromMs: changeMs, untilMs, offsetMs: laterOffsetMs },
    };
  }

  /** The first second with another offset. */
  private changeBetween(fromMs: number, untilMs: number, offsetMs: number): number {
    let unchanged = fromMs / 1000;
    let changed = untilMs / 1000;
    while (changed - unchanged > 1) {
      const middle = Math.floor((unchanged + changed) / 2);
      if (this.offsetAt(middle * 1000) === offsetMs) unchanged = middle;
      else changed = middle;
    }
    return changed * 1000;
  }
}

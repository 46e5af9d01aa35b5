import type { CronFields } from './cron-fields.js';
import type { CronZone } from './cron-zone.js';

const DAY_MS = 86_400_000;

/** Finds the first tick after an instant, both in Unix ms; `undefined` when no more will come. */
export type NextTick = (afterMs: number) => number | undefined;

/** The ticks of a cron expression in a zone, by the rule that the document of `CronSchedule` states. */
export function cronTicks(fields: CronFields, zone: CronZone): NextTick {
  const next = fields.everyHour ? intervalTicks(fields, zone) : fixedTimeTicks(fields, zone);
  return afterMs => (Number.isFinite(afterMs) ? next(afterMs) : undefined);
}

/** A tick whenever the clocks show a named time, be it for the second time. */
function intervalTicks(fields: CronFields, zone: CronZone): NextTick {
  return afterMs => {
    for (let fromMs = Math.floor(afterMs) + 1; ;) {
      const { untilMs, offsetMs } = zone.stretchAt(fromMs);
      const wallMs = fields.firstAfter(fromMs + offsetMs - 1);
      if (wallMs === undefined) return undefined;
      const tick = wallMs - offsetMs;
      if (tick < untilMs) return tick;
      // After a day without a named time, clocks that are set back cannot show one again: leap to where one is near.
      fromMs = untilMs - fromMs < DAY_MS ? untilMs : Math.max(untilMs, tick - 2 * DAY_MS);
    }
  };
}

/** A tick when the clocks reach a named time for the first time, or jump over it. */
function fixedTimeTicks(fields: CronFields, zone: CronZone): NextTick {
  return afterMs => {
    const wallMs = fields.firstAfter(zone.highestBy(afterMs));
    return wallMs === undefined ? undefined : zone.firstReaching(wallMs);
  };
}

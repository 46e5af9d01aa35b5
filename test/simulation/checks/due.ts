import { scheduleOf } from '../sim-pod.js';

/** When a job is due, as rules see it. */
export interface Due {
  next(afterMs: number): number | undefined;
  latest(afterMs: number, untilMs: number): number | undefined;
}

/** Ticks in `(from, until]`, Unix ms, are those of one schedule. */
interface Span {
  readonly cron: string;
  readonly from: number;
  readonly until: number;
}

/** Jobs that tick once a term are judged by `checkTerms`. */
const NEVER: Due = { next: () => undefined, latest: () => undefined };

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000 };

/** Multiples of an interval are counted here, without the library: from the Unix epoch, under any leader. */
export function dueOf(cron: string): Due {
  if (cron.startsWith('@timeout')) return NEVER;
  const [, number, unit = ''] = /^@every (\d+)(ms|s)$/.exec(cron) ?? [];
  if (number === undefined) return scheduleOf(cron);
  const everyMs = Number(number) * (UNITS_MS[unit] ?? NaN);
  return {
    next: afterMs => (Number.isFinite(afterMs) ? afterMs - modulo(afterMs, everyMs) + everyMs : undefined),
    latest: (afterMs, untilMs) => {
      const tick = untilMs - modulo(untilMs, everyMs);
      return Number.isFinite(tick) && tick > afterMs ? tick : undefined;
    },
  };
}

/** Of a job that has had several schedules, one after the other. */
export function dueThrough(spans: readonly Span[]): Due {
  const within = <Tick extends number | undefined>(tick: Tick, untilMs: number): Tick | undefined =>
    tick !== undefined && tick <= untilMs ? tick : undefined;
  return {
    next: afterMs => {
      for (const { cron, from, until } of spans) {
        const tick = within(dueOf(cron).next(Math.max(from, afterMs)), until);
        if (tick !== undefined) return tick;
      }
      return undefined;
    },
    latest: (afterMs, untilMs) => {
      for (const { cron, from, until } of spans.toReversed()) {
        const tick = dueOf(cron).latest(Math.max(from, afterMs), Math.min(until, untilMs));
        if (tick !== undefined) return tick;
      }
      return undefined;
    },
  };
}

/** Of instants before 1970 as well. */
function modulo(ms: number, everyMs: number): number {
  return ((ms % everyMs) + everyMs) % everyMs;
}

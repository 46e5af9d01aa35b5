import { parseDuration, type Duration } from '../core/options/duration.js';
import { InvalidOptionsError } from '../core/errors/errors.js';

/** A day, or a moment with its offset: without one it would be another moment on every machine. */
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A moment: a Date, Unix milliseconds, or a text in ISO 8601 that ends in `Z` or an offset (a bare day is UTC). */
export type Moment = Date | number | string;

/** Unix ms of a moment. Throws `InvalidOptionsError` when it is none. */
export function readMoment(moment: Moment, what: string): number {
  const isClear = typeof moment !== 'string' || ISO.test(moment);
  const ms = isClear ? new Date(moment).getTime() : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidOptionsError({
    problem: `${what} is no moment`,
    received: moment,
    remedy: "Give a Date, Unix milliseconds, or a text such as '2030-01-01T00:00:00Z'",
  });
}

/** Milliseconds of a duration of at most `longestMs`. Throws `InvalidOptionsError` for anything else. */
export function readDuration(duration: Duration, what: string, longestMs = Infinity): number {
  const ms = typeof duration === 'string' ? parseDuration(duration) : duration;
  if (ms !== undefined && ms >= 0 && ms <= longestMs) return ms;
  throw new InvalidOptionsError({
    problem: `${what} is no duration`,
    received: duration,
    remedy: "Give milliseconds, or a text such as '90s', '1m30s' or '24h'",
  });
}

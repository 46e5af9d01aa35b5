import { formatDuration, type Duration } from '../options/duration.js';
import { InvalidOptionsError } from '../errors/errors.js';
import { OptionProblem } from '../options/option-field.js';
import { durationOrNone } from '../options/option-readers.js';

/** The longest pause, and the longest wait. */
export const MAX_PAUSE_MS = 366 * 24 * 3_600_000;
const MAX_REASON = 200;

/** How long a pause lasts, ms; `Infinity` where nothing is given. Throws `InvalidOptionsError`. */
export function pauseMs(written: Duration | undefined): number {
  return written === undefined ? Infinity : readDuration('A pause', written, MAX_PAUSE_MS);
}

/** The time limit of a wait, ms. Throws `InvalidOptionsError`. */
export function waitMs(written: Duration | true): number {
  return written === true ? Infinity : readDuration('A time to wait', written, MAX_PAUSE_MS);
}

/** Why jobs are paused, on one line. Throws `InvalidOptionsError`. */
export function pauseReason(written: unknown = ''): string {
  if (typeof written === 'string' && written.length <= MAX_REASON && !/[\p{Cc}\p{Cs}]/u.test(written))
    return written;
  throw new InvalidOptionsError({
    problem: 'The reason of a pause cannot be kept',
    received: written,
    remedy: `Give a text of one line and at most ${MAX_REASON} characters, or leave it out`,
  });
}

function readDuration(what: string, written: Duration, maxMs: number): number {
  try {
    return durationOrNone(1, maxMs)(written, 'code');
  } catch (problem) {
    if (!(problem instanceof OptionProblem)) throw problem;
    throw new InvalidOptionsError({
      problem: `${what} is a duration above zero, up to ${formatDuration(maxMs)}`,
      received: written,
      remedy: problem.message,
    });
  }
}

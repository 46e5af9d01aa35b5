import type { Schedule } from './schedule.js';

/** The schedule of a job that is switched off: known, listed, run manually only. */
export const NO_SCHEDULE: Schedule = {
  source: '-',
  fingerprint: '-',
  timeZone: undefined,
  next: () => undefined,
  latest: () => undefined,
};

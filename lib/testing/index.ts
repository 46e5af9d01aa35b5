/* For the tests of an application: its jobs, in virtual time and without Redis. */

export { ScheduleTesting } from './schedule-testing.js';
export type { ScheduleTestingOptions } from './schedule-testing.js';
export type { Moment } from './read-time.js';
export type { RunTickOptions } from './tick-runner.js';
export { VirtualClock } from './virtual-clock.js';
export type { Clock, Instant, Timer } from '../ports/clock.js';
export type { Duration } from '../core/options/duration.js';
export type { ScheduleEvent } from '../deprecated.js'; // until 1.0: export type { ScheduleEvent } from '../core/events.js';
export type { JobRun } from '../core/run/job-run.js';

import { beforeEach, expect, it } from '@jest/globals';

import { DuplicateJobError } from '../../../lib/core/errors/errors.js';
import { JobTimers } from '../../../lib/engine/job-timers.js';
import { jobOf } from '../../support/defined-job.js';
import { SECOND } from '../../support/durations.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { VirtualTicker } from '../../support/virtual-ticker.js';

const job = { ...jobOf({}), name: 'plain' };
const disabled = { ...job, name: 'disabled', disabled: true };
const delayed = { ...job, name: 'delayed', initialDelayMs: SECOND };

const SILENT = { wake: () => undefined };

let clock: VirtualClock;
let timers: JobTimers;

beforeEach(() => {
  clock = new VirtualClock();
  timers = new JobTimers(new VirtualTicker(clock));
  for (const one of [job, disabled, delayed]) timers.add(one, SILENT);
});

function begin(): void {
  for (const one of timers.all.keys()) timers.begin(one);
}

it('holds jobs that do not tick until they begin', () => {
  expect([...timers.all.keys()]).toEqual([job, disabled, delayed]);
  expect(timers.active).toEqual([]);
  begin();
  expect(timers.active).toMatchObject([{ job }]);
  expect(timers.activeAs('plain')).toMatchObject([{ job }]);
  expect(timers.activeAs('disabled')).toEqual([]);
});

it('distinguishes a job in its initial delay from one that is stopped', async () => {
  begin();
  expect([job, disabled, delayed].map(one => timers.isDelayed(one))).toEqual([false, false, true]);
  expect([job, disabled, delayed].map(one => timers.isStopped(one))).toEqual([false, true, false]);
  await clock.advance(SECOND);
  expect(timers.isDelayed(delayed)).toBe(false);
  expect(timers.activeScheduleOf(delayed)?.schedule).toBe(delayed.schedule);
});

it('takes a job that is not there for one that is stopped', () => {
  begin();
  timers.remove(job);
  expect(timers.active).toEqual([]);
  expect([timers.isStopped(job), timers.isDelayed(job)]).toEqual([true, false]);
});

it('refuses a second job of one name', () => {
  expect(() => timers.add({ ...job }, SILENT)).toThrow(DuplicateJobError);
  expect(timers.all.size).toBe(3);
});

it('holds none when it was stopped', () => {
  begin();
  timers.stop();
  expect(timers.all.size).toBe(0);
});

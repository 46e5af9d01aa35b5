import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { ScheduleEvent } from '../../../lib/core/events.js';
import { ClockCorrections } from '../../../lib/engine/clock-corrections.js';
import { CLOCK_CHECK_MS } from '../../../lib/engine/election/clock-watch.js';
import { StoreClock } from '../../../lib/engine/election/store-clock.js';
import { EventBus } from '../../../lib/engine/event-bus.js';
import { JobTimers } from '../../../lib/engine/job-timers.js';
import { MINUTE, SECOND } from '../../support/durations.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { VirtualTicker } from '../../support/virtual-ticker.js';

let clock: VirtualClock;
let storeClock: StoreClock;
let corrections: ClockCorrections;
let done: string[];
let reported: ScheduleEvent[];

beforeEach(() => {
  clock = new VirtualClock();
  storeClock = new StoreClock(clock);
  done = [];
  reported = [];
  const events = new EventBus(() => undefined);
  events.subscribe(event => reported.push(event));
  corrections = new ClockCorrections({
    clock,
    storeClock,
    clockCheckMs: CLOCK_CHECK_MS,
    events,
    elector: { clockStepped: () => void done.push('check the deadline') },
    ticker: { realign: () => void done.push('realign') },
    timers: new JobTimers(new VirtualTicker(clock)),
    wakeUps: { checkAll: () => void done.push('check all'), openAhead: () => void done.push('open ahead') },
  });
});

afterEach(() => corrections.stop());

/** The store answers that its clock is ahead of that of the pod. */
function answered(aheadMs: number): void {
  storeClock.answered(clock.now(), clock.now().wallMs + aheadMs);
}

it('sets timers anew and checks all jobs when the wall clock of the pod has stepped', async () => {
  corrections.start();
  clock.jumpWall(MINUTE);
  await clock.advance(CLOCK_CHECK_MS);
  expect(done).toEqual(['check the deadline', 'realign', 'check all']);
  expect(reported).toEqual([{ type: 'clock.stepped', byMs: MINUTE, clock: 'pod' }]);
});

it('corrects a small step without a report', async () => {
  corrections.start();
  clock.jumpWall(SECOND / 2);
  await clock.advance(CLOCK_CHECK_MS);
  expect(done).toEqual(['check the deadline', 'realign', 'check all']);
  expect(reported).toEqual([]);
});

it('opens jobs that are ahead first when the clock of the store has stepped, and reports it', () => {
  corrections.start();
  answered(0);
  done.length = 0;
  answered(-MINUTE);
  expect(done).toEqual(['open ahead', 'realign', 'check all']);
  expect(reported).toMatchObject([{ type: 'clock.stepped', clock: 'redis' }]);
});

it('leaves timers alone until it has started', () => {
  answered(MINUTE);
  expect(done).toEqual([]);
});

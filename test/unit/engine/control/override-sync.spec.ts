import { expect, it } from '@jest/globals';

import type { Job } from '../../../../lib/core/job/job.js';
import { OverrideSync } from '../../../../lib/engine/control/override-sync.js';
import { EngineErrors } from '../../../../lib/engine/engine-errors.js';
import { EventBus } from '../../../../lib/engine/event-bus.js';
import { VirtualClock } from '../../../../lib/testing/virtual-clock.js';
import { jobOf } from '../../../support/defined-job.js';

const JOB = jobOf({});
const OF_JOB = { schedule: JOB.schedule, startedAt: -Infinity };
const TERM = { token: 7, since: new Date(0), beganAt: { wallMs: 0, monoMs: 0 } };

/** A pod in this term, and what it does when it reads the overrides. */
function lab(isLeader = true) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const store: { changed: readonly Job[] | undefined } = { changed: [] };
  const events = new EventBus(() => undefined);
  const sync = new OverrideSync({
    overrides: {
      sync: () => {
        done.push('read');
        return Promise.resolve(store.changed);
      },
    },
    elector: { currentTerm: () => (isLeader ? TERM : undefined) },
    catalog: { announceSoon: term => void done.push(`announce in ${term}`) },
    wakeUps: { check: ({ job }, term) => void done.push(`check ${job.name} in ${term}`) },
    timers: { activeScheduleOf: () => OF_JOB },
    clock,
    errors: new EngineErrors({ clock, events }),
  });
  return { clock, done, store, sync };
}

it('reads nothing while the count of the store is the one that was read', async () => {
  const { sync, done, clock } = lab();
  sync.counted(0);
  sync.counted(3);
  await clock.advance(0);
  sync.counted(3);
  expect(done).toEqual(['read']);
});

it('reads again with the next count where the store gave no answer', async () => {
  const { sync, done, clock, store } = lab();
  store.changed = undefined;
  sync.counted(3);
  await clock.advance(0);
  sync.counted(3);
  expect(done).toEqual(['read', 'read']);
});

it('reads again with the next count after a signal, which brings none', async () => {
  const { sync, done, clock } = lab();
  sync.now();
  await clock.advance(0);
  sync.counted(0);
  expect(done).toEqual(['read', 'read']);
});

it('reads once for all jobs that are added at one moment', async () => {
  const { sync, done, clock } = lab();
  sync.soon();
  sync.soon();
  await clock.advance(0);
  expect(done).toEqual(['read']);
  sync.soon();
  await clock.advance(0);
  expect(done).toEqual(['read', 'read']);
});

it('announces and checks what has changed, in the term of the leader', async () => {
  const { sync, done, clock, store } = lab();
  store.changed = [JOB];
  sync.now();
  await clock.advance(0);
  expect(done).toEqual(['read', 'announce in 7', 'check invoices in 7']);
});

it('leaves that to the leader on any other pod', async () => {
  const { sync, done, clock, store } = lab(false);
  store.changed = [JOB];
  sync.now();
  await clock.advance(0);
  expect(done).toEqual(['read']);
});

import { beforeEach, expect, it } from '@jest/globals';

import { electionTiming } from '../../../../lib/core/election/timing.js';
import type { Run } from '../../../../lib/core/run/run.js';
import { EngineErrors } from '../../../../lib/engine/engine-errors.js';
import { EventBus } from '../../../../lib/engine/event-bus.js';
import { LockHeartbeat } from '../../../../lib/engine/runs/lock-heartbeat.js';
import { StoreCall } from '../../../../lib/engine/store-call.js';
import type { RunStore } from '../../../../lib/ports/run-store.js';
import { SECOND } from '../../../support/durations.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const TTL = 10 * SECOND;
const timing = electionTiming(3 * SECOND, TTL);
const trustedMs = TTL - timing.marginMs;

let clock: VirtualClock;
let heartbeat: LockHeartbeat;

beforeEach(() => {
  clock = new VirtualClock();
  const events = new EventBus(() => undefined);
  const errors = new EngineErrors({ clock, events });
  const storeCall = new StoreCall({ clock, events, timing, source: 'runs' });
  const entropy = { uniform: (minMs: number) => minMs, id: () => 'id' };
  const runs = { heartbeat: () => Promise.reject(new Error('the store does not answer')) };
  heartbeat = new LockHeartbeat({
    clock,
    errors,
    storeCall,
    timing,
    entropy,
    runs: runs as unknown as RunStore,
  });
});

/** Keeps the lock of a run whose claim was written some time ago, and answers with its life. */
function keep(runId: string, agoMs = 0): AbortController {
  const life = new AbortController();
  const { wallMs, monoMs } = clock.now();
  const askedAt = { wallMs: wallMs - agoMs, monoMs: monoMs - agoMs };
  heartbeat.keep({ ref: { job: runId, tick: 0, runId, manual: false } } as Run, askedAt, life);
  return life;
}

const aborted = (...lives: AbortController[]) => lives.map(({ signal }) => signal.aborted);

it('aborts each run at its own deadline, one that was kept later but claimed earlier too', async () => {
  const [late, early] = [keep('late'), keep('early', 8 * SECOND + 500)];
  await clock.advance(trustedMs - 8 * SECOND - 501);
  expect(aborted(late, early)).toEqual([false, false]);
  await clock.advance(1);
  expect(aborted(late, early)).toEqual([false, true]);
  await clock.advance(8 * SECOND + 499);
  expect(aborted(late)).toEqual([false]);
  await clock.advance(1);
  expect(aborted(late)).toEqual([true]);
});

it('has one timer for the deadlines of all runs, and none when all have ended', () => {
  keep('first');
  const { pending } = clock;
  keep('second');
  keep('third');
  expect(clock.pending).toBe(pending);
  for (const runId of ['first', 'second', 'third']) heartbeat.forget(runId);
  expect(clock.pending).toBe(0);
});

it('watches the deadline of a run that begins when all others have ended', async () => {
  keep('first');
  heartbeat.forget('first');
  await clock.advance(TTL);
  const next = keep('next');
  await clock.advance(trustedMs);
  expect(aborted(next)).toEqual([true]);
});

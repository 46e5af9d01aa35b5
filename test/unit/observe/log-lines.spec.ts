import { describe, expect, it } from '@jest/globals';

import type { ScheduleEvent, ScheduleEventType } from '../../../lib/core/events.js';
import { eventFields } from '../../../lib/observe/event-fields.js';
import { logLine } from '../../../lib/observe/log-lines.js';

const tick = new Date('2030-01-01T00:00:00Z');
const term = { token: 7, since: tick };
const onTick = { job: 'job', tick };
const onRun = {
  ...onTick,
  runId: 'r',
  token: 7,
  attempt: 2,
  catchUp: false,
  recovering: false,
  manual: false,
};
const error = new Error('one\n  two\r\nthree', { cause: new Error('deeper\n') });

type Logged = Exclude<ScheduleEventType, 'job.started' | 'job.succeeded'>;
const EVENTS: { readonly [Type in Logged]: Omit<ScheduleEvent<Type>, 'type'> } = {
  'leader.elected': { term },
  'leader.suspended': { term },
  'leader.resumed': { term },
  'leader.lost': { term, reason: 'deadline' },
  'leader.followed': { podId: 'b', token: 7 },
  'store.unavailable': { source: 'runs', cause: error },
  'store.recovered': { source: 'runs' },
  'leader.slow-takeover': { reason: 'the connection speaks RESP2' },
  'store.invalid': { key: '{L}:fence', field: '', value: 'nan', action: 'repaired' },
  'engine.error': { error: new TypeError('no such field'), repeats: 2 },
  'leader.unsteady': { podId: 'b' },
  'process.delayed': { delayMs: 1234.5 },
  'clock.stepped': { byMs: -40_000, clock: 'redis' },
  'jobs.different': {
    kind: 'jobs',
    podId: 'b',
    isInformation: false,
    missing: ['x', 'y'],
    stopped: ['y'],
    schedules: [],
    settings: [],
  },
  'job.failed': { ...onRun, outcome: 'timed-out', durationMs: 5, error },
  'job.retrying': { ...onRun, delayMs: 12.3, error },
  'job.stale': { ...onRun, outcome: 'succeeded' },
  'job.blocked': { ...onTick, message: 'OOM\ncommand not allowed' },
  'job.skipped': { ...onTick, reason: 'late' },
  'job.missed': { ...onTick, since: tick, count: 3 },
  'job.abandoned': { ...onTick, runId: 'r', count: 1, ordinal: 1 },
  'job.rescheduled': { job: 'job', schedule: '0 * * * *', ownSchedule: '5 * * * *', since: new Date(0) },
  'job.override-invalid': { job: 'job', override: '{}', error },
  'job.paused': { job: 'job', until: tick, reason: 'stocktaking' },
  'job.resumed': { job: 'job' },
  'job.requested': { ...onTick, requestId: 'q' },
  'request.expired': { ...onTick, requestId: 'q', count: 1, ordinal: 1 },
  'job.overdue': { ...onTick, podId: 'b', watermark: tick, isResignationRequested: true, ordinal: 1 },
  'job.changed': { job: 'job', call: 'setTime' },
};
const eventsOf = Object.entries(EVENTS).map(([type, facts]) => ({ type, ...facts }) as ScheduleEvent);
const eventOf = (type: ScheduleEventType, facts: object) => ({ type, ...facts }) as ScheduleEvent;

describe('the line of an event', () => {
  it.each(eventsOf)('is one line: $type', event => {
    const line = logLine(event, 'pod-a');
    expect(line?.message).toMatch(/^\S.*\S$/);
    expect(line?.message).not.toMatch(/undefined|\[object/);
  });

  it('names the job and the tick of all that happens to a job', () => {
    const unnamed = eventsOf.filter(event => {
      const { message = '' } = logLine(event, 'pod-a') ?? {};
      return (
        event.type.startsWith('job.') &&
        !(message.includes('Job job') && (!('tick' in event) || message.includes('2030-01-01T00')))
      );
    });
    expect(unnamed).toEqual([]);
  });

  it.each<ScheduleEventType>(['job.started', 'job.succeeded'])('is none while all is well: %s', type =>
    expect(logLine(eventOf(type, onRun), 'pod-a')).toBeUndefined(),
  );

  it.each([
    ['job.abandoned', { ...onTick, runId: 'r' }],
    ['request.expired', { ...onTick, requestId: 'q' }],
  ] as const)('is one for all of a job that come together, with their number: %s', (type, facts) => {
    const lineOf = (ordinal: number) => logLine(eventOf(type, { ...facts, count: 3, ordinal }), 'pod-a');
    expect(lineOf(1)?.message).toMatch(/^Job job: 3 runs /);
    expect([2, 3].map(lineOf)).toEqual([undefined, undefined]);
  });

  it('is one for a job that is overdue for long', () => {
    const lineOf = (ordinal: number) =>
      logLine({ type: 'job.overdue', ...EVENTS['job.overdue'], ordinal }, 'a');
    expect([1, 2, 3].map(ordinal => lineOf(ordinal)?.level)).toEqual(['warn', undefined, undefined]);
  });

  it.each([
    ['leader.lost', { term, reason: 'shutdown' }, 'log'],
    ['leader.lost', { term, reason: 'lease-lost' }, 'warn'],
    ['job.skipped', { ...onTick, reason: 'running' }, 'debug'],
    ['job.skipped', { ...onTick, reason: 'store-unavailable' }, 'warn'],
    ['job.failed', { ...onRun, outcome: 'failed', error: undefined }, 'error'],
  ] as const)('has the level that it deserves: %s %o', (type, facts, level) =>
    expect(logLine(eventOf(type, facts), 'pod-a')).toMatchObject({ level }),
  );

  it.each([undefined, null, 0, '', Symbol('thrown'), Object.create(null), () => 1, new AggregateError([])])(
    'is written whatever was thrown: %p',
    thrown => {
      const line = logLine(eventOf('job.failed', { ...onRun, outcome: 'failed', error: thrown }), 'pod-a');
      expect(line?.message).toMatch(/^Job job failed: tick 2030-01-01T00:00:00.000Z, run r, pod pod-a:/);
    },
  );
});

describe('the fields of an event', () => {
  it('are plain values, under the names that the event has', () => {
    for (const event of eventsOf) {
      const fields = eventFields(event, 'pod-a');
      expect(fields).toMatchObject({ event: event.type, pod: 'pod-a' });
      expect(Object.values(fields).filter(value => typeof value === 'object')).toEqual([]);
    }
    expect(eventFields(eventOf('leader.lost', { term, reason: 'deadline' }), 'pod-a')).toEqual({
      event: 'leader.lost',
      pod: 'pod-a',
      token: 7,
      reason: 'deadline',
    });
  });
});

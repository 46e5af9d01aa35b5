import { describe, expect, it } from '@jest/globals';

import { SCHEDULE_EVENTS, type ScheduleEvent, type ScheduleEventType } from '../../../lib/core/events.js';
import { eventFields } from '../../../lib/observe/event-fields.js';
import { logLine } from '../../../lib/observe/log-lines.js';
import { sampleEvents, sampleFacts } from '../../support/sample-events.mjs';

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

const EVENTS = sampleEvents('job');
const SILENT: readonly ScheduleEventType[] = ['job.started', 'job.succeeded'];
/** Events without a text, except of the pod that writes the line. */
const WITHOUT_TEXT: readonly ScheduleEventType[] = [
  'leader.elected',
  'leader.suspended',
  'leader.resumed',
  'leader.lost',
  'store.recovered',
  'process.delayed',
  'clock.stepped',
  ...SILENT,
];
const eventOf = (type: ScheduleEventType, facts: object) => ({ type, ...facts }) as ScheduleEvent;

describe('the line of an event', () => {
  it('has a sample of each event', () =>
    expect(EVENTS.map(({ type }) => type).sort()).toEqual([...SCHEDULE_EVENTS].sort()));

  it.each(sampleEvents('one\n  two\r\nthree').filter(({ type }) => !SILENT.includes(type)))(
    'is one line: $type',
    event => {
      const line = logLine(event, 'pod-a');
      expect(line?.message).toMatch(/^\S.*\S$/);
      expect(line?.message).not.toMatch(/undefined|\[object/);
    },
  );

  it('has the texts of the event', () => {
    const hasText = (event: ScheduleEvent) => logLine(event, 'pod-a')?.message.includes('some text') === true;
    const without = sampleEvents('some text').filter(event => !hasText(event));
    expect(without.map(({ type }) => type).sort()).toEqual([...WITHOUT_TEXT].sort());
  });

  it('names the job and the tick of all that happens to a job', () => {
    const unnamed = EVENTS.filter(event => {
      const { message = '' } = logLine(event, 'pod-a') ?? {};
      return (
        event.type.startsWith('job.') &&
        !SILENT.includes(event.type) &&
        !(message.includes('Job job') && (!('tick' in event) || message.includes('2030-01-01T00')))
      );
    });
    expect(unnamed).toEqual([]);
  });

  it.each(SILENT)('is none while all is well: %s', type =>
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
      logLine({ type: 'job.overdue', ...sampleFacts('job')['job.overdue'], ordinal }, 'a');
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
    for (const event of EVENTS) {
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

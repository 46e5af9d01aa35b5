/* oxlint-disable typescript/no-deprecated -- it tests that former names work */
import { describe, expect, it } from '@jest/globals';
import { EventEmitter2 } from '@nestjs/event-emitter';

import { jobInfo } from '../../lib/client/job-info.js';
import { readStatus, type StatusSource } from '../../lib/client/read-status.js';
import { toJobRun } from '../../lib/client/run-view.js';
import type { ScheduleEvent } from '../../lib/core/events.js';
import { parseSchedule } from '../../lib/core/schedule/parse-schedule.js';
import { EventBus } from '../../lib/engine/event-bus.js';
import { LeaderService } from '../../lib/leader.service.js';
import { emitEvents } from '../../lib/observe/event-emitter.js';
import { eventFields } from '../../lib/observe/event-fields.js';
import { eventStream } from '../../lib/observe/event-stream.js';
import type { RunRecord } from '../../lib/ports/history-store.js';

const RECORD: RunRecord = {
  job: 'job',
  tick: 0,
  runId: 'run',
  manual: false,
  state: 'succeeded',
  token: 1,
  attempt: 1,
  at: 0,
  reason: '',
  facts: { pod: 'a' },
};

const STATES = {
  now: 0,
  pause: undefined,
  jobs: [
    { watermark: { watermark: 1000, schedule: '' }, pause: undefined, lastRun: undefined, override: '' },
  ],
};

/** A scheduler that pod `a` leads, with one job that is overdue. */
const SOURCE = {
  jobs: ['job'],
  ask: () =>
    Promise.resolve({
      lease: { kind: 'held', holder: 'a', token: 1, remainingMs: 1000 },
      pods: [{ podId: 'a', since: 0, seenAt: 0, version: '', aheadMs: 0 }],
      states: STATES,
    }),
  own: () => ({ podId: 'b', difference: undefined, leaderlessMs: 0, failOverMs: 0 }),
  overdueTick: () => 2000,
} as unknown as StatusSource;

const RUNTIME = {
  podId: 'a',
  parts: {
    leaseLookup: {
      lookUp: () => Promise.resolve({ kind: 'held', holder: 'a', token: 1, remainingMs: 1000 }),
    },
  },
};

describe('the former names', () => {
  it('are on a status, its leader, its pods and its overdue jobs', async () => {
    const status = await readStatus(SOURCE);
    expect(status).toMatchObject({ podId: 'b', candidateId: 'b', jobCount: 1, jobs: 1 });
    expect(status.leader).toMatchObject({ podId: 'a', candidateId: 'a' });
    expect(status.pods).toMatchObject([{ podId: 'a', candidateId: 'a' }]);
    expect(status.overdue).toMatchObject([{ watermark: new Date(1000), mark: new Date(1000) }]);
  });

  it('are on a run', () => expect(toJobRun(RECORD)).toMatchObject({ podId: 'a', pod: 'a' }));

  it('are on a job', () => {
    const subject = {
      name: 'job',
      isStopped: false,
      definedIn: 'A.b',
      schedule: parseSchedule('@daily', {}),
    };
    const info = jobInfo(subject, STATES.jobs[0], STATES, []);
    expect(info).toMatchObject({ definedIn: 'A.b', definedAt: 'A.b', words: info.description });
  });

  it('are on LeaderService and on what it answers', async () => {
    const service = new LeaderService(RUNTIME as never);
    expect(service.candidateId).toBe('a');
    expect(await service.leader()).toEqual(await service.current());
    expect(await service.leader()).toMatchObject({
      podId: 'a',
      candidateId: 'a',
      isThisPod: true,
      isMe: true,
    });
  });

  it('are in JSON', () => expect(JSON.parse(JSON.stringify(toJobRun(RECORD)))).toHaveProperty('pod', 'a'));
});

const TICK = new Date(0);
const DIFFERENCE = { missing: [], stopped: [], schedules: [], settings: [], isInformation: false };

describe('the former facts of an event', () => {
  it.each<[ScheduleEvent, object]>([
    [{ type: 'leader.followed', podId: 'a', token: 1 }, { holder: 'a' }],
    [{ type: 'leader.unsteady', podId: 'a' }, { rival: 'a' }],
    [{ type: 'jobs.different', podId: 'a', kind: 'jobs', ...DIFFERENCE }, { holder: 'a' }],
    [
      {
        type: 'job.overdue',
        job: 'job',
        tick: TICK,
        podId: 'a',
        watermark: TICK,
        isResignationRequested: true,
        ordinal: 1,
      },
      { holder: 'a', mark: TICK, isAskedToResign: true },
    ],
  ])('are in the Observable and in EventEmitter2: %j', (event, former) => {
    const { bus, emitter } = world();
    const seen: unknown[] = [];
    eventStream(bus, fail).subscribe(one => seen.push({ ...one }));
    emitter.on(event.type, one => seen.push(one));
    bus.emit({ ...event });
    expect(seen).toEqual([
      { ...event, ...former },
      { ...event, ...former },
    ]);
  });

  it('are the fields of the log, and the facts are not', () => {
    const [followed, invalid] = [
      eventFields({ type: 'leader.followed', podId: 'b', token: 1 }, 'a'),
      eventFields(INVALID, 'a'),
    ];
    expect(followed).toEqual({ event: 'leader.followed', pod: 'a', holder: 'b', token: 1 });
    expect(invalid).toMatchObject({ event: 'job.override-invalid', job: 'job', order: '{}' });
  });
});

const INVALID = { type: 'job.override-invalid', job: 'job', override: '{}', error: 'no' } as const;
const FORMER = { type: 'job.misordered', job: 'job', order: '{}', error: 'no' };

describe('an event with another name', () => {
  it.each([{ wildcard: false }, { wildcard: true }])('reaches listeners of either name once: %j', options => {
    const { bus, emitter } = world(options);
    const seen = { former: [] as unknown[], now: [] as unknown[], both: [] as unknown[] };
    const both = (event: unknown) => seen.both.push(event);
    emitter.on('job.misordered', event => seen.former.push(event));
    emitter.on('job.override-invalid', event => seen.now.push(event));
    for (const name of ['job.misordered', 'job.override-invalid']) emitter.on(name, both);
    bus.emit({ ...INVALID });
    expect(seen).toEqual({ former: [FORMER], now: [INVALID], both: [INVALID] });
  });

  it('reaches listeners of all events, those of a wildcard and the Observable once, under its name', () => {
    const { bus, emitter } = world({ wildcard: true });
    const seen: unknown[] = [];
    const note = (event: unknown) => seen.push(event);
    emitter.onAny((name, event) => seen.push(name, event));
    emitter.on('job.*', note);
    emitter.on('**', note);
    eventStream(bus, fail).subscribe(note);
    bus.emit({ ...INVALID });
    expect(seen).toEqual(['job.override-invalid', INVALID, INVALID, INVALID, INVALID]);
  });

  it('has its former name where a listener reads the name from its emitter', () => {
    const { bus, emitter } = world();
    let name: unknown;
    emitter.on('job.misordered', function (this: { readonly event: string }) {
      name = this.event;
    });
    bus.emit({ ...INVALID });
    expect(name).toBe('job.misordered');
  });
});

function world(options: { readonly wildcard?: boolean } = {}) {
  const bus = new EventBus(fail);
  const emitter = new EventEmitter2(options);
  emitEvents(emitter, bus, fail);
  return { bus, emitter };
}

function fail(error: unknown): never {
  throw error;
}

/* oxlint-disable typescript/no-deprecated -- it tests that former names work */
import { describe, expect, it } from '@jest/globals';

import { jobInfo } from '../../lib/client/job-info.js';
import { readStatus, type StatusSource } from '../../lib/client/read-status.js';
import { toJobRun } from '../../lib/client/run-view.js';
import { parseSchedule } from '../../lib/core/schedule/parse-schedule.js';
import { LeaderService } from '../../lib/leader.service.js';
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
      pods: [{ candidateId: 'a', since: 0, seenAt: 0, version: '', aheadMs: 0 }],
      states: STATES,
    }),
  own: () => ({ podId: 'b', difference: undefined, leaderlessMs: 0, failOverMs: 0 }),
  overdueTick: () => 2000,
} as unknown as StatusSource;

const RUNTIME = {
  candidateId: 'a',
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

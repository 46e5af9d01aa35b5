import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import {
  type JobContext,
  type JobRun,
  LeaderCron,
  LeaderService,
  PermanentError,
} from '../../../../lib/index.js';
import { eventually } from '../../../support/eventually.js';
import { NEVER, useModes, type Mode } from './modes.js';

const modes = useModes();

@Injectable()
class Jobs {
  release = (): void => undefined;
  private calls = 0;

  @LeaderCron(NEVER, { name: 'good' })
  good() {}
  @LeaderCron(NEVER, { name: 'bad' })
  bad() {
    throw new TypeError('no such printer');
  }
  @LeaderCron(NEVER, { name: 'third-time-lucky', retry: { attempts: 3, backoff: 1 } })
  lucky() {
    this.calls += 1;
    if (this.calls < 3) throw new Error('not yet');
  }
  @LeaderCron(NEVER, { name: 'permanent', retry: { attempts: 3, backoff: 1 } })
  permanent() {
    throw new PermanentError('no such customer');
  }
  @LeaderCron(NEVER, { name: 'late', timeout: '50ms' })
  late({ signal }: JobContext) {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('late'))));
  }
  @LeaderCron(NEVER, { name: 'slow' })
  slow() {
    return new Promise<void>(resolve => (this.release = resolve));
  }
}

const brief = ({ job, outcome, reason, manual, attempts, error, ...flags }: JobRun) => ({
  job,
  outcome,
  reason,
  manual,
  attempts,
  error: error && `${error.name}: ${error.message}`,
  flags: [flags.catchUp, flags.recovering, flags.missed],
});
const plain = { reason: undefined, manual: true, error: undefined, flags: [false, false, undefined] };
const succeeded = { ...plain, outcome: 'succeeded', attempts: 1 };
const failed = { ...plain, outcome: 'failed', attempts: 1 };

const PAST = [
  ['good', [{ ...succeeded, job: 'good' }]],
  ['bad', [{ ...failed, job: 'bad', error: 'TypeError: no such printer' }]],
  ['third-time-lucky', [{ ...succeeded, job: 'third-time-lucky', attempts: 3 }]],
  ['permanent', [{ ...failed, job: 'permanent', error: 'PermanentError: no such customer' }]],
] as const;

type Booted = Awaited<ReturnType<Mode['boot']>>;

/** Runs each job once, and `slow` a second time while it runs. */
async function runAll({ app, service, fire, run }: Booted) {
  for (const job of ['good', 'bad', 'third-time-lucky', 'permanent', 'late']) await run(job, 1);
  await fire('slow');
  await eventually(async () => (await service.running()).length === 1);
  const [running] = await service.running();
  await run('slow', 1);
  app.get(Jobs).release();
  const slow = await eventually(async () => {
    const past = await service.history('slow');
    return past.length === 2 && past;
  });
  return { running, slow };
}

async function expectLastRuns({ service }: Booted, good: JobRun | undefined): Promise<void> {
  expect(await service.running()).toEqual([]);
  expect(await service.lastRun('bad')).toEqual((await service.history('bad'))[0]);
  expect(await service.lastSuccess('bad')).toBeUndefined();
  expect(await service.lastSuccess('good')).toEqual(good);
  expect((await service.lastRun('slow'))?.outcome).toBe('succeeded');
}

describe.each(modes)('jobs in $mode mode', ({ boot }) => {
  it('have a past, which says what became of each tick', async () => {
    const booted = await boot([Jobs]);
    const { podId, term } = booted.app.get(LeaderService);
    const { running, slow } = await runAll(booted);

    const past = await booted.service.history();
    const byJob = (job: string) => past.filter(one => one.job === job).map(brief);
    for (const [job, expected] of PAST) expect(byJob(job)).toEqual(expected);
    expect(byJob('late')).toMatchObject([{ outcome: 'timed-out', attempts: 1 }]);
    expect(slow.map(brief)).toEqual([
      { ...plain, job: 'slow', outcome: 'skipped', reason: 'running', attempts: 0 },
      { ...plain, job: 'slow', outcome: 'succeeded', attempts: 1 },
    ]);
    expect(running && brief(running)).toEqual({ ...plain, job: 'slow', outcome: 'running', attempts: 1 });
    expect(running?.runId).toBe(slow[1]?.runId);
    expect(running?.finishedAt).toBeUndefined();

    const [good] = await booted.service.history('good');
    expect(good).toMatchObject({ podId, token: term?.token, version: '1.2.3', schedule: NEVER });
    expect(good?.app).toMatch(/^runs-\d+$/);
    expect(good?.startedAt?.getTime()).toBeLessThanOrEqual(good?.finishedAt?.getTime() ?? 0);
    expect(good?.durationMs).toBe(Number(good?.finishedAt) - Number(good?.startedAt));
    await expectLastRuns(booted, good);
  });
});

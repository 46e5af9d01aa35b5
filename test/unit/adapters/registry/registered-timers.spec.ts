import { beforeEach, describe, expect, it } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';

import { RegistryTicker } from '../../../../lib/adapters/registry/registry-ticker.js';
import type { Job } from '../../../../lib/core/job/job.js';
import type { Wake } from '../../../../lib/ports/ticker.js';
import { VirtualClock } from '../../../../lib/testing/virtual-clock.js';
import { jobOf } from '../../../contract/support/tickers.js';
import { SECOND } from '../../../support/durations.js';

let registry: SchedulerRegistry;
let clock: VirtualClock;
let ticker: RegistryTicker;
let wakes: Wake[];
let calls: string[];

beforeEach(() => {
  registry = new SchedulerRegistry();
  clock = new VirtualClock();
  ticker = new RegistryTicker(registry, clock);
  [wakes, calls] = [[], []];
  ticker.watch((job, call) => calls.push(`${call} of ${job.name}`));
});

function begun(job: Job) {
  const timer = ticker.add(job, { wake: one => void wakes.push(one) });
  ticker.begin(job);
  return timer;
}

const KINDS = [
  {
    kind: 'interval',
    names: () => registry.getIntervals(),
    get: () => registry.getInterval<NodeJS.Timeout>('job'),
    clear: () => clearInterval(registry.getInterval<NodeJS.Timeout>('job')),
    remove: () => registry.deleteInterval('job'),
    put: (other: unknown) => registry.addInterval('job', other),
  },
  {
    kind: 'timeout',
    names: () => registry.getTimeouts(),
    get: () => registry.getTimeout<NodeJS.Timeout>('job'),
    clear: () => clearTimeout(registry.getTimeout<NodeJS.Timeout>('job')),
    remove: () => registry.deleteTimeout('job'),
    put: (other: unknown) => registry.addTimeout('job', other),
  },
] as const;

describe.each(KINDS)('a job in the SchedulerRegistry as $kind', ({ kind, names, clear, remove }) => {
  const job = jobOf({ registeredAs: kind });

  it('is listed beside its CronJob, until it is removed', () => {
    begun(job);
    expect(names()).toEqual(['job']);
    expect([registry.doesExist(kind, 'job'), registry.doesExist('cron', 'job')]).toEqual([true, true]);
    ticker.remove(job);
    expect(names()).toEqual([]);
    expect(registry.getCronJobs().size).toBe(0);
    expect(calls).toEqual([]);
  });

  it('ends when it is deleted, and its CronJob with it', async () => {
    const timer = begun(job);
    await clock.advance(1.5 * SECOND);
    expect(wakes).toHaveLength(1);
    remove();
    await clock.advance(5 * SECOND);
    expect(wakes).toHaveLength(1);
    expect(timer).toMatchObject({ isStopped: true, activeSchedule: undefined });
    expect([registry.doesExist(kind, 'job'), registry.doesExist('cron', 'job')]).toEqual([false, false]);
    expect(calls).toEqual(['deleteCronJob of job']);
  });

  it('ends when it is cleared, and stays listed as a cleared one of @nestjs/schedule does', async () => {
    const timer = begun(job);
    clear();
    clear();
    await clock.advance(5 * SECOND);
    expect(wakes).toEqual([]);
    expect(timer.isStopped).toBe(true);
    expect(calls).toEqual(['deleteCronJob of job']);
    expect(registry.doesExist('cron', 'job')).toBe(false);
  });
});

describe.each(KINDS)('a job as $kind, beside what users do', ({ kind, names, get, remove, put }) => {
  const job = jobOf({ registeredAs: kind });

  it('goes with its CronJob when that is deleted', async () => {
    begun(job);
    registry.deleteCronJob('job');
    await clock.advance(0);
    expect(names()).toEqual([]);
    expect(calls).toEqual(['deleteCronJob of job']);
  });

  it('does not begin after an initial delay in which it was deleted', async () => {
    begun(jobOf({ registeredAs: kind, initialDelayMs: SECOND }));
    remove();
    await clock.advance(5 * SECOND);
    expect(wakes).toEqual([]);
  });

  it('stays away from what a user has put there instead', () => {
    begun(job);
    remove();
    const other = {};
    put(other);
    ticker.remove(job);
    expect(get()).toBe(other);
  });

  it('is refused where its name is taken', () => {
    put({});
    expect(() => begun(job)).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE_JOB',
        problem: expect.stringContaining(`${kind} of this name`),
      }),
    );
    expect(registry.getCronJobs().size).toBe(0);
    expect(() => begun(jobOf({ registeredAs: undefined }))).not.toThrow();
  });

  it('says whether it keeps the process alive, and can be changed', () => {
    begun(job);
    expect(get().hasRef()).toBe(false);
    expect(get().ref()).toBe(get());
    expect([get().hasRef(), registry.getCronJob('job').unrefTimeout]).toEqual([true, false]);
    expect(get().unref().hasRef()).toBe(false);
  });
});

it('a cron job is among neither intervals nor timeouts', () => {
  begun(jobOf());
  expect([registry.getIntervals(), registry.getTimeouts()]).toEqual([[], []]);
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import 'reflect-metadata';
import { defer, interval, NEVER as SILENCE, Observable, of, take, tap, throwError, timer } from 'rxjs';

import { completed } from '../../../lib/core/job/handler-result.js';
import {
  currentJob,
  LeaderCron,
  ScheduleModule,
  ScheduleService,
  type JobContext,
} from '../../../lib/index.js';
import { ScheduleTesting } from '../../../lib/testing/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, RecordingLogger, type BootedApp } from '../../support/nest-app.js';

const NEVER = '0 0 0 29 2 *';
const noted: string[] = [];
const apps: BootedApp[] = [];
let attempts: number;
@Injectable()
class Jobs {
  @LeaderCron(NEVER, { name: 'observable' })
  observable({ job }: JobContext) {
    return defer(() => {
      noted.push(`subscribed in ${currentJob()?.job}`);
      return interval(5).pipe(
        take(3),
        tap(value => noted.push(`${job} ${value} ${currentJob()?.job}`)),
      );
    });
  }

  @LeaderCron(NEVER, { name: 'promise of one' })
  async promise() {
    return timer(5).pipe(tap(() => noted.push('fired')));
  }

  @LeaderCron(NEVER, { name: 'synchronous' })
  synchronous() {
    return of(1, 2);
  }

  @LeaderCron(NEVER, { name: 'erring', retry: { attempts: 2, backoff: '1ms' } })
  erring({ attempt }: JobContext) {
    attempts += 1;
    return attempt === 1 ? throwError(() => new RangeError('no paper')) : of('done');
  }

  @LeaderCron(NEVER, { name: 'endless', timeout: '30ms', retry: { attempts: 2, backoff: '1ms' } })
  endless() {
    attempts += 1;
    return new Observable(() => () => noted.push('unsubscribed'));
  }

  @LeaderCron(NEVER, { name: 'aborted' })
  aborted() {
    noted.push('called');
    return SILENCE.pipe(tap({ unsubscribe: () => noted.push('unsubscribed') }));
  }

  @LeaderCron(NEVER, { name: 'generator', retry: { attempts: 3 } })
  *generator() {
    attempts += 1;
    yield 'never';
  }

  @LeaderCron(NEVER, { name: 'async generator', retry: { attempts: 3 } })
  async *asyncGenerator() {
    attempts += 1;
    yield 'never';
  }

  /** As the query builders and commands of some libraries. */
  @LeaderCron(NEVER, { name: 'callable promise' })
  callable() {
    const work = Promise.reject(new RangeError('no paper'));
    /* oxlint-disable-next-line unicorn/no-thenable -- what is tested */
    return Object.assign(() => 'not called', { then: work.then.bind(work) });
  }

  @LeaderCron(NEVER, { name: 'iterable' })
  iterable() {
    return new Set(['not', 'a', 'generator']).values();
  }
}
const boot = async () => {
  noted.length = 0;
  attempts = 0;
  const app = await bootApp({ imports: [ScheduleModule.forRoot({ mode: 'ram' })], providers: [Jobs] });
  apps.push(app);
  const schedule = app.get(ScheduleService);
  return { schedule, run: (job: string) => schedule.runAndWait(job, { maxWait: '5s' }) };
};
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

it('waits for a function that a handler returns, if it is a promise as well', async () => {
  const { run } = await boot();
  expect(await run('callable promise')).toMatchObject({
    outcome: 'failed',
    error: { name: 'RangeError', message: 'no paper' },
  });
});

describe('an Observable that a handler returns', () => {
  it('is subscribed to, within the run, until it completes', async () => {
    const { run } = await boot();
    expect(await run('observable')).toMatchObject({ outcome: 'succeeded' });
    expect(noted).toEqual([
      'subscribed in observable',
      'observable 0 observable',
      'observable 1 observable',
      'observable 2 observable',
    ]);
  });

  it.each(['promise of one', 'synchronous'])('may come as a %s', async job => {
    const { run } = await boot();
    expect(await run(job)).toMatchObject({ outcome: 'succeeded' });
    expect(noted).toEqual(job === 'synchronous' ? [] : ['fired']);
  });

  it('fails the attempt with its error', async () => {
    const { run } = await boot();
    expect(await run('erring')).toMatchObject({ outcome: 'succeeded', attempts: 2 });
  });

  it('is unsubscribed from when the attempt times out, and the next attempt may follow', async () => {
    const { run } = await boot();
    expect(await run('endless')).toMatchObject({ outcome: 'timed-out', attempts: 2 });
    expect([attempts, noted]).toEqual([2, ['unsubscribed', 'unsubscribed']]);
  });

  it('is unsubscribed from when the run is aborted', async () => {
    const { schedule } = await boot();
    const { requestId } = await schedule.runNow('aborted');
    await eventually(() => noted.includes('called'));
    expect(await schedule.abortRun(requestId)).toBe('aborted');
    await eventually(async () => (await schedule.history('aborted')).length === 1);
    expect(await schedule.lastRun('aborted')).toMatchObject({ outcome: 'aborted' });
    expect(noted).toEqual(['called', 'unsubscribed']);
  });
});

describe('an Observable that a handler returns, at the edges,', () => {
  it('is not subscribed to any more when the signal has aborted', async () => {
    let isSubscribed = false;
    const never = new Observable(() => {
      isSubscribed = true;
      return () => (isSubscribed = false);
    });
    const reason = new Error('too late');
    await expect(completed(never, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(isSubscribed).toBe(false);
  });

  it('may throw when it is unsubscribed from: that is the error of the attempt', async () => {
    const life = new AbortController();
    const failing = new Observable(() => () => {
      throw new Error('no way out');
    });
    const ended = completed(failing, life.signal);
    await Promise.resolve();
    life.abort(new Error('aborted'));
    await expect(ended).rejects.toThrow('no way out');
  });

  it('of another library is recognised by its symbol', async () => {
    const { signal } = new AbortController();
    const subscribe = ({ error }: { error: (error: unknown) => void }) => error('foreign');
    await expect(completed({ subscribe, '@@observable': () => undefined }, signal)).rejects.toBe('foreign');
    await expect(completed({ subscribe }, signal)).resolves.toBeUndefined();
  });

  it('keeps virtual time from overtaking it', async () => {
    noted.length = 0;
    @Injectable()
    class Hourly {
      @LeaderCron('0 * * * *', { name: 'hourly' })
      run() {
        return timer(20).pipe(tap(() => noted.push('done')));
      }
    }
    const testing = new ScheduleTesting();
    const builder = Test.createTestingModule({
      imports: [ScheduleModule.forRoot({ mode: 'ram' })],
      providers: [Hourly],
    });
    const app = await testing.attach(builder).setLogger(new RecordingLogger()).compile();
    await app.init();
    await testing.advance('3h');
    expect(testing.runsOf('hourly').map(({ outcome }) => outcome)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
    ]);
    expect(noted).toHaveLength(3);
    await app.close();
  });
});

describe('a handler that is a generator', () => {
  it.each(['generator', 'async generator'])('of the kind %s fails its run at once, by a code', async job => {
    const { schedule, run } = await boot();
    const codes: unknown[] = [];
    schedule.events.subscribe(event => event.type === 'job.failed' && codes.push(event.error));
    const result = await run(job);
    expect(result).toMatchObject({
      outcome: 'failed',
      attempts: 1,
      error: { name: 'GeneratorHandlerError' },
    });
    await eventually(() => codes.length === 1);
    expect(codes).toMatchObject([{ code: 'GENERATOR_HANDLER' }]);
    expect(attempts).toBe(0);
  });

  it('is not confused with an ordinary handler that returns an iterator', async () => {
    const { run } = await boot();
    expect(await run('iterable')).toMatchObject({ outcome: 'succeeded' });
  });
});

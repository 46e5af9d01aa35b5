import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, map, merge, NEVER, take, toArray } from 'rxjs';

import {
  currentJob,
  LeaderCron,
  SCHEDULE_EVENTS,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
  type JobContext,
  type ScheduleEvent,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';

/** Not while these tests run: such a job is fired manually. */
const YEARLY = '0 0 1 1 *';
const apps: BootedApp[] = [];
const boot = async (providers: NonNullable<Parameters<typeof bootApp>[0]['providers']>) => {
  const app = await bootApp({ imports: [ScheduleModule.forRoot({ mode: 'ram' })], providers });
  apps.push(app);
  const fire = (job: string) => app.get(SchedulerRegistry).getCronJob(job).fireOnTick();
  return Object.assign(app, { fire, events: app.get(ScheduleService).events });
};
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});
@Injectable()
class Jobs {
  @LeaderCron(YEARLY, { name: 'works' })
  works() {}

  @LeaderCron(YEARLY, { name: 'fails' })
  fails() {
    throw new RangeError('no paper');
  }
}

describe('the events of ScheduleService', () => {
  it('describe each run, and how it ended', async () => {
    const app = await boot([Jobs]);
    const received = firstValueFrom(app.events.pipe(take(2), toArray()));
    await app.fire('works');
    const facts = { job: 'works', attempt: 1, catchUp: false, recovering: false, manual: true };
    expect(await received).toMatchObject([
      { type: 'job.started', ...facts, lagMs: expect.any(Number), runId: expect.any(String) },
      { type: 'job.succeeded', ...facts, durationMs: expect.any(Number) },
    ]);
  });

  it('narrow to one event, with what it says', async () => {
    const app = await boot([Jobs]);
    const failed = firstValueFrom(app.events.pipe(filter(event => event.type === 'job.failed')));
    await app.fire('fails');
    const { outcome, error }: ScheduleEvent<'job.failed'> = await failed;
    expect([outcome, String(error)]).toEqual(['failed', 'RangeError: no paper']);
  });

  it('are hot: a late subscriber receives no past event', async () => {
    const app = await boot([Jobs]);
    await app.fire('works');
    const seen: ScheduleEvent[] = [];
    const early = firstValueFrom(app.events.pipe(filter(event => event.type === 'job.succeeded')));
    await early;
    app.events.subscribe(event => seen.push(event));
    expect(seen).toEqual([]);
  });

  it.each<[string, (events: ScheduleService['events'], listener: () => never) => unknown]>([
    ['a function', (events, listener) => events.subscribe(listener)],
    ['an observer', (events, listener) => events.subscribe({ next: listener })],
    ['the end of a pipe', (events, listener) => events.pipe(filter(Boolean)).subscribe(listener)],
    ['an operator', (events, listener) => events.pipe(map(listener)).subscribe()],
    ['a handler of errors', (events, listener) => events.pipe(map(listener)).subscribe({ error: listener })],
  ])('survive a subscriber that throws: %s', async (_, subscribe) => {
    const app = await boot([Jobs]);
    const seen: string[] = [];
    subscribe(app.events, () => {
      throw new Error('the listener is broken');
    });
    app.events.subscribe(({ type }) => seen.push(type));
    await app.fire('works');
    await eventually(() => seen.includes('job.succeeded'));
    await pause(0);
    expect(app.lines.filter(line => line.startsWith('error'))).toContain(
      'error A listener of schedule events failed: the listener is broken',
    );
  });
});

describe('the subscribers and the names of events', () => {
  it('go on to a subscriber that throws, until it unsubscribes', async () => {
    const app = await boot([Jobs]);
    const seen: string[] = [];
    const subscription = app.events.subscribe(({ type }) => {
      seen.push(type);
      throw new Error('the listener is broken');
    });
    await app.fire('works');
    await eventually(() => seen.length === 2);
    subscription.unsubscribe();
    const done = firstValueFrom(
      merge(app.events, NEVER).pipe(filter(event => event.type === 'job.succeeded')),
    );
    await app.fire('works');
    await done;
    expect(seen).toEqual(['job.started', 'job.succeeded']);
  });

  it('have one name each', () => {
    expect(new Set(SCHEDULE_EVENTS).size).toBe(SCHEDULE_EVENTS.length);
    expect(
      SCHEDULE_EVENTS.filter(
        name => !/^(leader|store|engine|process|clock|request|jobs?)\.[a-z-]+$/.test(name),
      ),
    ).toEqual([]);
  });
});

describe('currentJob', () => {
  @Injectable()
  class Mailer {
    async send() {
      await pause(1);
      return currentJob();
    }
  }
  const seen: (JobContext | undefined)[] = [];
  @Injectable()
  class Mailing {
    constructor(private readonly mailer: Mailer) {}

    @LeaderCron(YEARLY, { name: 'mailing' })
    async run(context: JobContext) {
      seen.push(context, currentJob(), await this.mailer.send());
      await new Promise<void>(resolve => setTimeout(resolve, 1).unref());
      setTimeout(() => seen.push(currentJob()), 1);
    }
  }

  it('is the context of the run, in nested services, after an await and in timers', async () => {
    seen.length = 0;
    const app = await boot([Mailer, Mailing]);
    await app.fire('mailing');
    await eventually(() => seen.length === 4);
    expect(seen[0]?.job).toBe('mailing');
    expect(new Set(seen).size).toBe(1);
  });

  it('separates runs that go on at the same time, and the attempts of a run', async () => {
    const noted: string[] = [];
    const note = async (given: JobContext) => {
      for (let round = 0; round < 3; round += 1) {
        await pause(1);
        noted.push(`${given.job} ${given.attempt} ${currentJob() === given}`);
      }
      if (given.attempt === 1) throw new Error('again');
    };
    @Injectable()
    class Two {
      @LeaderCron(YEARLY, { name: 'one', retry: { attempts: 2, backoff: '1ms' } })
      one(context: JobContext) {
        return note(context);
      }
      @LeaderCron(YEARLY, { name: 'two', retry: { attempts: 2, backoff: '1ms' } })
      two(context: JobContext) {
        return note(context);
      }
    }
    const app = await boot([Two]);
    await Promise.all([app.fire('one'), app.fire('two')]);
    await eventually(() => noted.length === 12);
    expect(new Set(noted)).toEqual(new Set(['one 1 true', 'one 2 true', 'two 1 true', 'two 2 true']));
  });

  it('is undefined outside of runs', () => expect(currentJob()).toBeUndefined());
});

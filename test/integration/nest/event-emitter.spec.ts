import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  SchedulerRegistry,
  type ScheduleEvent,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';

const YEARLY = '0 0 1 1 *';
const apps: BootedApp[] = [];
@Injectable()
class Jobs {
  @LeaderCron(YEARLY, { name: 'works' })
  works() {}
  @LeaderCron(YEARLY, { name: 'fails' })
  fails() {
    throw new RangeError('no paper');
  }
}
const boot = async (
  providers: NonNullable<Parameters<typeof bootApp>[0]['providers']>,
  emitter = EventEmitterModule.forRoot({ wildcard: true }),
) => {
  const schedule = ScheduleModule.forRoot({ mode: 'ram' });
  const app = await bootApp({ imports: [schedule, emitter], providers: [Jobs, ...providers] });
  apps.push(app);
  const fire = (job: string) => app.get(SchedulerRegistry).getCronJob(job).fireOnTick();
  return Object.assign(app, { fire });
};
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('the events in EventEmitter2', () => {
  it('come under their names, with their fields, from the election of the first term on', async () => {
    const received: ScheduleEvent[] = [];
    @Injectable()
    class Listeners {
      @OnEvent('leader.elected')
      @OnEvent('leader.lost')
      leader(event: ScheduleEvent) {
        received.push(event);
      }
      @OnEvent('job.succeeded')
      succeeded(event: ScheduleEvent<'job.succeeded'>) {
        received.push(event);
      }
      @OnEvent('job.failed')
      failed(event: ScheduleEvent<'job.failed'>) {
        received.push(event);
      }
    }
    const app = await boot([Listeners], EventEmitterModule.forRoot());
    const { term } = app.get(LeaderService);
    await app.fire('works');
    await eventually(() => received.length === 2);
    await app.fire('fails');
    await eventually(() => received.length === 3);
    await app.close();
    expect(received).toMatchObject([
      { type: 'leader.elected', term },
      { type: 'job.succeeded', job: 'works', tick: expect.any(Date), durationMs: expect.any(Number) },
      { type: 'job.failed', job: 'fails', outcome: 'failed', error: expect.any(RangeError) },
      { type: 'leader.lost', term, reason: 'shutdown' },
    ]);
  });

  it.each([
    ['job.**', ['job.started', 'job.failed']],
    ['job.*', ['job.started', 'job.failed']],
    ['*.elected', ['leader.elected']],
    ['**', ['leader.elected', 'job.started', 'job.failed']],
  ])('are found by the wildcard %s', async (pattern, expected) => {
    const received: string[] = [];
    @Injectable()
    class Listeners {
      @OnEvent(pattern)
      note({ type }: ScheduleEvent) {
        received.push(type);
      }
      @OnEvent('job.failed')
      last() {
        last = true;
      }
    }
    let last = false;
    const app = await boot([Listeners]);
    await app.fire('fails');
    await eventually(() => last);
    expect(received).toEqual(expected);
  });
});

describe('listeners of EventEmitter2 that throw or reject', () => {
  it('do not affect other listeners, and their error is logged once', async () => {
    const received: string[] = [];
    @Injectable()
    class Listeners {
      @OnEvent('job.succeeded')
      broken() {
        throw new Error('@OnEvent threw');
      }
      @OnEvent('job.succeeded', { suppressErrors: false })
      async rejecting() {
        await Promise.reject(new Error('@OnEvent rejected'));
      }
      @OnEvent('job.succeeded')
      works({ type }: ScheduleEvent) {
        received.push(type);
      }
    }
    const app = await boot([Listeners]);
    app.get(EventEmitter2).on('job.started', () => {
      throw new Error('on threw');
    });
    await app.fire('works');
    const errors = () => app.lines.filter(line => line.startsWith('error'));
    await eventually(() => errors().length === 3);
    await app.fire('works');
    // @nestjs/event-emitter says each time what a method threw; this package says once what failed.
    await eventually(() => errors().length === 4 && received.length === 2);
    expect(received).toEqual(['job.succeeded', 'job.succeeded']);
    expect(new Set(errors())).toEqual(
      new Set([
        'error A listener of schedule events failed: on threw',
        'error @OnEvent threw',
        'error A listener of schedule events failed: @OnEvent rejected',
      ]),
    );
  });
});

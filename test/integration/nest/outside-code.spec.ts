import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { context, trace, type Tracer } from '@opentelemetry/api';

import {
  LeaderCron,
  LeaderService,
  OnLeaderElected,
  OnLeaderLost,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type Leadership,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, RecordingLogger, type BootedApp } from '../../support/nest-app.js';

const apps: BootedApp[] = [];
const rejections: unknown[] = [];
const warnings: Error[] = [];
const onRejection = (error: unknown) => rejections.push(error);
const onWarning = (warning: Error) => warnings.push(warning);
let calls: number;
@Injectable()
class Jobs {
  // On a machine that stands still for a second a tick is late, and not missed.
  @LeaderCron('* * * * * *', { name: 'each second', catchUp: 'all' })
  run({ logger }: JobContext) {
    calls += 1;
    logger.warn('at work');
    throw new Error('no paper');
  }
}
const boot = async (
  options: { logger?: RecordingLogger; providers?: (new (...args: never[]) => unknown)[] } = {},
) => {
  const leader = { ttl: '500ms', interval: '50ms' };
  const app = await bootApp(
    {
      imports: [ScheduleModule.forRoot({ mode: 'ram', leader }), EventEmitterModule.forRoot()],
      providers: options.providers ?? [Jobs],
    },
    options.logger,
  );
  apps.push(app);
  return app;
};
/** The job goes on ticking: three more runs, all of them recorded. */
const expectItGoesOn = async (app: BootedApp) => {
  const before = calls;
  await eventually(() => calls >= before + 3);
  const schedule = app.get(ScheduleService);
  await eventually(async () => (await schedule.history('each second')).length >= before + 2);
  const runs = await schedule.history('each second');
  const ends = runs.map(({ outcome, error }) => error?.message ?? outcome);
  expect(ends.filter(end => end !== 'no paper')).toEqual([]);
  expect(rejections).toEqual([]);
};
beforeEach(() => {
  calls = 0;
  rejections.length = 0;
  warnings.length = 0;
  process.on('unhandledRejection', onRejection);
  process.on('warning', onWarning);
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  process.off('unhandledRejection', onRejection);
  process.off('warning', onWarning);
});
/** Works until the application has started, for Nest itself logs as well. */
class BrokenLogger extends RecordingLogger {
  isBroken = false;

  constructor(fail: () => unknown) {
    super();
    const { log, error, warn, debug } = this;
    const broken = (level: (message: unknown) => void) => (message: unknown) =>
      this.isBroken ? (fail() as void) : level(message);
    Object.assign(this, { log: broken(log), error: broken(error), warn: broken(warn), debug: broken(debug) });
  }
}

describe('a job goes on', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('the disk is full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the disk is full'))],
  ])('when the logger %s', async (_, fail) => {
    const logger = new BrokenLogger(fail);
    const app = await boot({ logger });
    logger.isBroken = true;
    // Errors of listeners are logged, which fails as well.
    app.get(ScheduleService).events.subscribe(() => {
      throw new Error('a listener');
    });
    await expectItGoesOn(app);
    logger.isBroken = false;
  });

  it('when listeners of all kinds throw and reject', async () => {
    const app = await boot();
    const { events } = app.get(ScheduleService);
    const failing = () => {
      throw new Error('a listener');
    };
    const rejecting = (): unknown => Promise.reject(new Error('a listener'));
    events.subscribe(failing);
    events.subscribe(rejecting);
    events.subscribe({ next: rejecting });
    app.get(LeaderService).changes.subscribe(failing);
    app.get(LeaderService).changes.subscribe(rejecting);
    app.get(EventEmitter2).onAny(rejecting);
    app.get(EventEmitter2).onAny(failing);
    app.get(EventEmitter2).on('job.failed', failing);
    let received = 0;
    app.get(EventEmitter2).on('job.failed', () => (received += 1));
    await expectItGoesOn(app);
    expect(received).toBeGreaterThan(1);
    // With every event of every run: the log says it once, and counts.
    expect(app.lines.filter(line => line.includes('listener'))).toEqual([
      'error A listener of schedule events failed: a listener',
    ]);
  });

  it.each(['rejects', 'gives no span'] as const)('when a tracer %s', async how => {
    const rejecting = () => Promise.reject(new Error('no exporter'));
    const span = new Proxy({}, { get: () => rejecting });
    const startSpan = () => (how === 'rejects' ? span : null) as ReturnType<Tracer['startSpan']>;
    trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: rejecting }) });
    const app = await boot();
    await expectItGoesOn(app);
    trace.disable();
    const said = app.lines.filter(line => line.startsWith('error The tracer failed'));
    expect(said).toEqual(how === 'rejects' ? ['error The tracer failed: no exporter'] : []);
  });
});

describe('a job goes on, when tracing fails,', () => {
  it.each(['before', 'after'] as const)('when a tracer throws %s it has made the call', async when => {
    const fail = (): never => {
      throw new Error('no exporter');
    };
    trace.setGlobalTracerProvider({
      getTracer: () => ({
        startSpan: (name, options) => {
          if (when === 'before') fail();
          const span = trace.wrapSpanContext({
            traceId: '1'.repeat(32),
            spanId: '1'.repeat(16),
            traceFlags: 0,
          });
          expect([name, options?.root]).toEqual(['job each second', true]);
          return Object.assign(span, { end: fail, recordException: fail });
        },
        startActiveSpan: fail,
      }),
    });
    context.setGlobalContextManager({
      active: () => context.active(),
      with: (_, call, self, ...given) => {
        call.apply(self, given);
        return fail();
      },
      bind: (_, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    const app = await boot();
    await expectItGoesOn(app);
    trace.disable();
    context.disable();
    const runs = await app.get(ScheduleService).history('each second');
    expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length);
  });
});

describe('@OnLeaderElected that resigns', () => {
  it('is followed by lost for every subscriber, and changes ends with the truth', async () => {
    let resigned = 0;
    const hooks: string[] = [];
    @Injectable()
    class Resigning {
      constructor(private readonly leader: LeaderService) {}
      @OnLeaderElected()
      async leave() {
        if (resigned > 0) return;
        resigned += 1;
        await this.leader.resign();
      }
    }
    @Injectable()
    class Listening {
      @OnLeaderElected()
      elected() {
        hooks.push('elected');
      }
      @OnLeaderLost()
      lost() {
        hooks.push('lost');
      }
    }
    const app = await bootApp({
      imports: [
        ScheduleModule.forRoot({ mode: 'ram', leader: { ttl: '500ms', interval: '50ms' } }),
        EventEmitterModule.forRoot(),
      ],
      providers: [Resigning, Listening],
    });
    apps.push(app);
    const leader = app.get(LeaderService);
    const changes: Leadership[] = [];
    const elected = leader.waitForLeadership();
    leader.changes.subscribe(change => changes.push(change));
    const term = await elected;
    expect(leader.term).toEqual(term);
    expect(hooks).toEqual(['elected', 'lost', 'elected']);
    const now = changes.at(-1);
    expect(now).toEqual({ isLeader: true, term });
    await leader.resign();
    expect(changes.at(-1)).toEqual({ isLeader: false, reason: 'resigned' });
    expect(leader.isLeader()).toBe(false);
  });
});

describe('a subscriber that resigns', () => {
  it('holds for a subscriber of changes that resigns when it is informed of the present state', async () => {
    const app = await boot({ providers: [] });
    const leader = app.get(LeaderService);
    await leader.waitForLeadership();
    const states: string[] = [];
    const note = (who: string) => (change: Leadership) =>
      states.push(`${who} ${change.isLeader ? 'leads' : change.reason}`);
    leader.changes.subscribe(note('first'));
    leader.changes.subscribe(change => {
      if (change.isLeader) void leader.resign();
      note('second')(change);
    });
    expect(states).toEqual(['first leads', 'second leads', 'first resigned', 'second resigned']);
  });
});

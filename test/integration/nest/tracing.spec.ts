import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

import {
  type AroundAttempt,
  LeaderCron,
  ScheduleModule,
  SchedulerRegistry,
  type JobContext,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';

const YEARLY = '0 0 1 1 *';
const exporter = new InMemorySpanExporter();
const apps: BootedApp[] = [];
const contexts: JobContext[] = [];
@Injectable()
class Jobs {
  @LeaderCron(YEARLY, { name: 'works' })
  async works(given: JobContext) {
    contexts.push(given);
    await pause(20);
    trace.getTracer('application').startSpan('child').end();
  }

  @LeaderCron(YEARLY, { name: 'recovers', retry: { attempts: 2, backoff: '1ms', jitter: 0 } })
  recovers({ attempt }: JobContext) {
    if (attempt === 1) throw new TypeError('not yet');
  }

  @LeaderCron(YEARLY, { name: 'fails' })
  fails() {
    throw new RangeError('no paper');
  }

  @LeaderCron(YEARLY, { name: 'is slow', timeout: '10ms' })
  slow({ signal }: JobContext) {
    return new Promise(resolve => signal.addEventListener('abort', resolve));
  }

  @LeaderCron(YEARLY, { name: 'throws a hostile thing' })
  hostile() {
    throw new Proxy(new Error('hidden'), {
      get: () => {
        throw new Error('hands off');
      },
    });
  }

  @LeaderCron(YEARLY, { name: 'fires another' })
  async firesAnother() {
    await fire?.('works');
  }
}
let fire: ((job: string) => Promise<void>) | undefined;
const spansOf = (name: string) => exporter.getFinishedSpans().filter(span => span.name === name);
const spanOf = (name: string) => eventually(() => spansOf(name)[0], { what: `there is a span ${name}` });
const boot = async (around?: AroundAttempt) => {
  const options = { mode: 'ram', ...(around && { around }) } as const;
  const app = await bootApp({ imports: [ScheduleModule.forRoot(options)], providers: [Jobs] });
  apps.push(app);
  fire = async job => app.get(SchedulerRegistry).getCronJob(job).fireOnTick();
  return fire;
};
const registerSdk = () => {
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
};
const removeSdk = () => {
  trace.disable();
  context.disable();
  propagation.disable();
};

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  exporter.reset();
  contexts.length = 0;
});

describe('the span of a run', () => {
  beforeAll(registerSdk);
  afterAll(removeSdk);

  it('says which run it was and how it came out', async () => {
    await (
      await boot()
    )('works');
    const span = await spanOf('job works');
    const [run] = contexts;
    expect(span).toMatchObject({
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: undefined,
      instrumentationScope: { name: 'nestjs-leader-schedule' },
      attributes: {
        'job.name': 'works',
        'job.tick': run?.tick.toISOString(),
        'job.run_id': run?.runId,
        'job.token': run?.token,
        'job.catch_up': false,
        'job.recovering': false,
        'job.manual': true,
        'job.lag_ms': expect.any(Number),
        'job.outcome': 'succeeded',
        'job.attempts': 1,
      },
    });
  });

  it('is the parent of spans made in the handler', async () => {
    await (
      await boot()
    )('works');
    const [run, child] = [await spanOf('job works'), await spanOf('child')];
    expect(child.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
    expect(child.spanContext().traceId).toBe(run.spanContext().traceId);
    expect(run.duration[0] * 1e9 + run.duration[1]).toBeGreaterThanOrEqual(1e7);
  });

  it('is the parent of spans made in the function around attempts', async () => {
    const fireIn = await boot((_, next) => {
      trace.getTracer('application').startSpan('around').end();
      return next();
    });
    await fireIn('works');
    const [run, around] = [await spanOf('job works'), await spanOf('around')];
    expect(around.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
  });

  it('is a root, though a run or a request has fired it', async () => {
    await (
      await boot()
    )('fires another');
    const [first, second] = [await spanOf('job fires another'), await spanOf('job works')];
    expect(second.parentSpanContext).toBeUndefined();
    expect(second.spanContext().traceId).not.toBe(first.spanContext().traceId);
    expect((await spanOf('child')).parentSpanContext?.spanId).toBe(second.spanContext().spanId);
  });
});

describe('the span of a run that is retried or does not succeed', () => {
  beforeAll(registerSdk);
  afterAll(removeSdk);

  it('has an event for each retry, and all attempts', async () => {
    await (
      await boot()
    )('recovers');
    const span = await spanOf('job recovers');
    expect(span.events).toMatchObject([
      {
        name: 'job.retrying',
        attributes: { 'job.attempt': 1, 'exception.type': 'TypeError', 'exception.message': 'not yet' },
      },
    ]);
    expect(span.attributes).toMatchObject({ 'job.attempts': 2, 'job.outcome': 'succeeded' });
    expect(spansOf('job recovers')).toHaveLength(1);
  });

  it.each([
    ['fails', 'failed', 'RangeError', 'no paper'],
    ['is slow', 'timed-out', 'AttemptTimeoutError', 'The attempt took longer'],
    ['throws a hostile thing', 'failed', 'Unknown', 'could not be read'],
  ])('carries the error of a job that %s', async (job, outcome, type, message) => {
    await (
      await boot()
    )(job);
    const span = await spanOf(`job ${job}`);
    expect(span.attributes['job.outcome']).toBe(outcome);
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: expect.stringContaining(message) });
    expect(span.events).toMatchObject([
      {
        name: 'exception',
        attributes: {
          'exception.type': type,
          'exception.message': expect.stringContaining(message),
          'exception.stacktrace': expect.stringContaining(`${type}: `),
        },
      },
    ]);
  });
});

describe('without an SDK', () => {
  it('runs succeed, and no span is made', async () => {
    await (
      await boot()
    )('works');
    await eventually(() => contexts.length === 1);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});

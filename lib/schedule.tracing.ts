import { errorFacts } from './core/error-facts.js';
import type { RunFacts, ScheduleEvent } from './core/events.js';
import type { EventBus } from './engine/event-bus.js';
import type { AroundCall } from './engine/run-executor.js';
import { unlessMissing } from './schedule.peers.js';

type OpenTelemetry = typeof import('@opentelemetry/api');
type Span = ReturnType<ReturnType<OpenTelemetry['trace']['getTracer']>['startSpan']>;

const TRACER = 'nestjs-leader-schedule';

/**
 * Makes a span of every run where @opentelemetry/api is installed, and nothing where it is not. Answers with what has
 * to surround the calls of handlers, so that the spans they make are children of the run's.
 */
export async function traceRuns(events: EventBus): Promise<AroundCall> {
  const api = await import('@opentelemetry/api').catch(unlessMissing('@opentelemetry/api'));
  if (api === undefined) return (_, call) => call();
  const tracer = new RunTracer(api);
  events.subscribe(event => tracer.hear(event));
  return (context, call) => tracer.around(context.runId, call);
}

/** A span begins and ends with its run, and is the root of a trace: a timer has no caller. */
class RunTracer {
  private readonly spans = new Map<string, Span>();

  constructor(private readonly api: OpenTelemetry) {}

  hear(event: ScheduleEvent): void {
    if (event.type === 'job.started') this.start(event);
    if (event.type === 'job.retrying') this.noteRetry(event);
    if (event.type === 'job.succeeded') this.end(event, 'succeeded');
    if (event.type === 'job.failed') this.fail(event);
  }

  around(runId: string, call: () => unknown): unknown {
    const { context, trace, ROOT_CONTEXT } = this.api;
    const span = this.spans.get(runId);
    return span === undefined ? call() : context.with(trace.setSpan(ROOT_CONTEXT, span), call);
  }

  private start(event: ScheduleEvent<'job.started'>): void {
    const { trace, SpanKind } = this.api;
    const attributes = { ...attributesOf(event), 'job.lag_ms': event.lagMs };
    const options = { kind: SpanKind.INTERNAL, root: true, attributes };
    this.spans.set(event.runId, trace.getTracer(TRACER).startSpan(`job ${event.job}`, options));
  }

  private noteRetry({ runId, attempt, delayMs, error }: ScheduleEvent<'job.retrying'>): void {
    const { errorName, errorMessage } = errorFacts(error);
    this.spans.get(runId)?.addEvent('job.retrying', {
      'job.attempt': attempt,
      'job.delay_ms': delayMs,
      'exception.type': errorName,
      'exception.message': errorMessage,
    });
  }

  private fail(event: ScheduleEvent<'job.failed'>): void {
    const { errorName: name, errorMessage: message, errorStack } = errorFacts(event.error);
    const span = this.spans.get(event.runId);
    span?.recordException({ name, message, stack: `${name}: ${message}\n${errorStack}`.trimEnd() });
    span?.setStatus({ code: this.api.SpanStatusCode.ERROR, message });
    this.end(event, event.outcome);
  }

  private end({ runId, attempt }: RunFacts, outcome: string): void {
    const span = this.spans.get(runId);
    this.spans.delete(runId);
    span?.setAttributes({ 'job.outcome': outcome, 'job.attempts': attempt }).end();
  }
}

function attributesOf({ job, tick, runId, token, catchUp, recovering, manual }: RunFacts) {
  return {
    'job.name': job,
    'job.tick': tick.toISOString(),
    'job.run_id': runId,
    'job.token': token,
    'job.catch_up': catchUp,
    'job.recovering': recovering,
    'job.manual': manual,
  };
}

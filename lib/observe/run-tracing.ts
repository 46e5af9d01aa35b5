import { callOutside } from '../core/errors/call-outside.js';
import { errorFacts } from '../core/errors/error-facts.js';
import type { RunEventFacts, ScheduleEvent } from '../core/events.js';
import type { AroundCall } from '../engine/runs/checked-around.js';
import type { RunEvent } from '../engine/runs/run-end.js';
import { unlessMissing } from '../core/errors/missing-peer.js';

type OpenTelemetry = typeof import('@opentelemetry/api');
type Span = ReturnType<ReturnType<OpenTelemetry['trace']['getTracer']>['startSpan']>;

const TRACER = 'nestjs-leader-schedule';

/** The spans of runs, for the engine. It throws nothing but the errors of the handler. */
export interface RunTracing {
  /** Surrounds the calls of handlers, so that the spans they make are children of the run's. */
  readonly around: AroundCall;
  readonly onRun: (event: RunEvent) => void;
}

/**
 * Makes a span of every run where @opentelemetry/api is installed, and nothing where it is not.
 *
 * @param onError receives what a tracer threw
 */
export async function traceRuns(onError: (error: unknown) => void): Promise<RunTracing> {
  const api = await import('@opentelemetry/api').catch(unlessMissing('@opentelemetry/api'));
  if (api === undefined) return { around: (_, call) => call(), onRun: () => undefined };
  const tracer = new RunTracer(api, onError);
  return {
    around: (context, call) => tracer.around(context.runId, call),
    onRun: event => callOutside(() => tracer.note(event), onError),
  };
}

/** A span begins and ends with its run, and is the root of a trace: a timer has no caller. */
class RunTracer {
  private readonly spans = new Map<string, Span>();

  constructor(
    private readonly api: OpenTelemetry,
    private readonly onError: (error: unknown) => void,
  ) {}

  note(event: RunEvent): void {
    switch (event.type) {
      case 'job.started':
        return this.start(event);
      case 'job.retrying':
        return this.noteRetry(event);
      case 'job.succeeded':
        return this.end(event, 'succeeded');
      case 'job.failed':
        return this.fail(event);
    }
  }

  /** Makes the call exactly once, whatever a tracer throws before or after it. */
  around(runId: string, call: () => unknown): unknown {
    const { context, trace, ROOT_CONTEXT } = this.api;
    const span = this.spans.get(runId);
    if (span === undefined) return call();
    let made: (() => unknown) | undefined;
    callOutside(
      () => context.with(trace.setSpan(ROOT_CONTEXT, span), () => void (made = outcomeOf(call))),
      this.onError,
    );
    return (made ?? call)();
  }

  private start(event: ScheduleEvent<'job.started'>): void {
    const { trace, SpanKind } = this.api;
    const attributes = attributesOf(event);
    const options = { kind: SpanKind.INTERNAL, root: true, attributes };
    this.attempt(() => {
      const span = trace.getTracer(TRACER).startSpan(`job ${event.job}`, options);
      this.spans.set(event.runId, span);
      return span;
    });
  }

  private noteRetry({ runId, attempt, delayMs, error }: ScheduleEvent<'job.retrying'>): void {
    const { errorName, errorMessage } = errorFacts(error);
    const attributes = {
      'job.attempt': attempt,
      'job.delay_ms': delayMs,
      'exception.type': errorName,
      'exception.message': errorMessage,
    };
    this.attempt(() => this.spans.get(runId)?.addEvent('job.retrying', attributes));
  }

  private fail(event: ScheduleEvent<'job.failed'>): void {
    const { errorName: name, errorMessage: message, errorStack } = errorFacts(event.error);
    const span = this.spans.get(event.runId);
    const exception = { name, message, stack: `${name}: ${message}\n${errorStack}`.trimEnd() };
    this.attempt(() => span?.recordException(exception));
    this.attempt(() => span?.setStatus({ code: this.api.SpanStatusCode.ERROR, message }));
    this.end(event, event.outcome);
  }

  private end({ runId, attempt }: RunEventFacts, outcome: string): void {
    const span = this.spans.get(runId);
    this.spans.delete(runId);
    this.attempt(() => span?.setAttributes({ 'job.outcome': outcome, 'job.attempts': attempt }));
    this.attempt(() => span?.end());
  }

  /** One call of the tracer. One that fails leaves out no other, and a promise it returns is not left unhandled. */
  private attempt(call: () => unknown): void {
    callOutside(call, this.onError);
  }
}

/** A call that was made: gives what it returned, or throws what it threw. */
function outcomeOf(call: () => unknown): () => unknown {
  try {
    const value = call();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function attributesOf(event: ScheduleEvent<'job.started'>) {
  const { job, tick, runId, token, catchUp, recovering, manual, lagMs } = event;
  return {
    'job.name': job,
    'job.tick': tick.toISOString(),
    'job.run_id': runId,
    'job.token': token,
    'job.catch_up': catchUp,
    'job.recovering': recovering,
    'job.manual': manual,
    'job.lag_ms': lagMs,
  };
}

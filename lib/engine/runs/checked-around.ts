/*
 * The application's function around each attempt. The attempt ends when both that function and the handler have ended:
 * a retry never runs beside a handler for which the function did not wait.
 */
import { AroundError } from '../../core/errors/errors.js';
import type { AroundAttempt, JobContext } from '../../core/job/job.js';

/** Surrounds each call of a handler: makes the call, and returns what that returns. */
export type AroundCall = (context: JobContext, call: () => unknown) => unknown;

/** Surrounds each call of a handler with `around`, and checks that it calls `next` exactly once. */
export function checkedAround(around: AroundAttempt): AroundCall {
  return (context, call) => new SurroundedCall(context, call).through(around);
}

interface Failure {
  readonly error: unknown;
}

class SurroundedCall {
  /** Settles as the handler does; `undefined` until `next` is called. */
  private handler: Promise<void> | undefined;
  private isCalledAgain = false;
  private isOver = false;

  constructor(
    private readonly context: JobContext,
    private readonly call: () => unknown,
  ) {}

  async through(around: AroundAttempt): Promise<void> {
    const thrown = await failureOf(() => around(this.context, () => this.next()));
    this.isOver = this.handler === undefined;
    const failed = await failureOf(() => this.handler);
    if (this.isCalledAgain) throw calledAgain(failed?.error);
    if (thrown !== undefined) throw thrown.error;
    if (this.handler === undefined) throw notCalled();
    // Also when `around` has caught it: a forgotten `throw` must not turn failed runs into succeeded ones.
    if (failed !== undefined) throw failed.error;
  }

  /** Never leaves a rejection unhandled, because `around` may ignore the promise. */
  private next(): Promise<void> {
    const made = this.isOver ? Promise.reject(calledLate()) : this.called();
    made.catch(() => undefined);
    return made;
  }

  private called(): Promise<void> {
    if (this.handler !== undefined) {
      this.isCalledAgain = true;
      return Promise.reject(calledAgain());
    }
    this.handler = this.callHandler();
    return this.handler;
  }

  /** Does not begin what should have ended: the attempt may have been given up, and the job may run elsewhere. */
  private async callHandler(): Promise<void> {
    this.context.signal.throwIfAborted();
    await this.call();
  }
}

async function failureOf(call: () => unknown): Promise<Failure | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return { error };
  }
}

function notCalled(): AroundError {
  return new AroundError({
    problem: 'The function `around` ended without having called `next`, so that the handler was not called',
    remedy: 'Call `next` once, or throw an error that says why the handler must not run',
  });
}

function calledAgain(cause?: unknown): AroundError {
  return new AroundError({
    problem: 'The function `around` called `next` more than once; the handler was called once',
    remedy: 'Call `next` once; to repeat a handler that failed, give the job a `retry` policy',
    cause,
  });
}

function calledLate(): AroundError {
  return new AroundError({
    problem: 'The function `around` called `next` after it had ended; the handler was not called',
    remedy: 'Return a promise that settles after that of `next`',
  });
}

import { inspect } from './inspect.js';
import { acceptAnyCopy } from './of-any-copy.js';
import { redactedCause } from './redact-error.js';
import { redactedValue } from './redact-value.js';
import { redact } from './redact.js';
import { manyLines, oneLine } from './sanitize.js';

/** Stable codes of the errors this library throws; `docs/errors.md` explains each. */
export type ErrorCode =
  | 'INVALID_OPTIONS'
  | 'INVALID_CRON'
  | 'DUPLICATE_JOB'
  | 'DUPLICATE_MODULE'
  | 'DUPLICATE_REGISTRY'
  | 'UNSUPPORTED_JOB'
  | 'MISSING_PEER'
  | 'STORE_UNAVAILABLE'
  | 'NOT_STARTED'
  | 'UNKNOWN_JOB'
  | 'NOT_LEADER'
  | 'STALE_TERM'
  | 'ATTEMPT_TIMEOUT'
  | 'LEADERSHIP_LOST'
  | 'SHUTDOWN'
  | 'RUN_ABORTED'
  | 'WAIT_TIMEOUT'
  | 'GENERATOR_HANDLER'
  | 'AROUND_NEXT'
  | 'REQUEST_EXPIRED'
  | 'PERMANENT';

/** The parts of an error of this library. */
export interface ErrorDetails {
  /** The problem, one sentence without a full stop. */
  readonly problem: string;
  /** The value that was refused, where there is one. */
  readonly received?: unknown;
  /** The remedy, one sentence. */
  readonly remedy: string;
  /** The error that led to this one, where there is one. */
  readonly cause?: unknown;
}

const MAX_PROBLEM = 1000;
/** It may list many things that are wrong. */
const MAX_REMEDY = 20_000;

/**
 * Base of all errors of this library: the problem, the value received, and the remedy. Nothing in it, its causes
 * included, is secret, or commands a terminal: it may be printed, whole, by anything.
 */
export abstract class ScheduleError extends Error {
  /** Stable: compare this, never the message. */
  abstract readonly code: ErrorCode;
  /** The problem, without value and remedy. */
  readonly problem: string;
  /**
   * The value that was refused; `undefined` where there is none. A bounded copy in which secrets are hidden, and
   * instances of classes are texts that name the class.
   */
  readonly received: unknown;
  /** The remedy. */
  readonly remedy: string;

  constructor(details: ErrorDetails) {
    const problem = oneLine(redact(details.problem.slice(0, 2 * MAX_PROBLEM)), MAX_PROBLEM);
    const remedy = manyLines(redact(details.remedy.slice(0, 2 * MAX_REMEDY)), MAX_REMEDY);
    const received = 'received' in details ? ` (received ${inspect(details.received)})` : '';
    super(`${problem}${received}. ${remedy}`, { cause: causeOf(details) });
    this.name = new.target.name;
    this.problem = problem;
    this.received = redactedValue(details.received);
    this.remedy = remedy;
  }
}

/** Those of ours are safe already. */
function causeOf({ cause }: ErrorDetails): unknown {
  return cause instanceof ScheduleError ? cause : redactedCause(cause);
}

/** An option is unknown, malformed, out of bounds, or does not hold together with another one. */
export class InvalidOptionsError extends ScheduleError {
  readonly code = 'INVALID_OPTIONS';
}

/** A schedule, time zone or offset cannot be read, or never fires. */
export class InvalidCronError extends ScheduleError {
  readonly code = 'INVALID_CRON';
}

/** Two jobs have one name. */
export class DuplicateJobError extends ScheduleError {
  readonly code = 'DUPLICATE_JOB';
}

/** `ScheduleModule.forRoot` was called more than once with different options. */
export class DuplicateModuleError extends ScheduleError {
  readonly code = 'DUPLICATE_MODULE';
}

/** The application has more than one SchedulerRegistry, so every plain `@Cron` would run more than once. */
export class DuplicateRegistryError extends ScheduleError {
  readonly code = 'DUPLICATE_REGISTRY';
}

/** A decorated method stands where it cannot be called. */
export class UnsupportedJobError extends ScheduleError {
  readonly code = 'UNSUPPORTED_JOB';
}

/** An optional package is needed and is not installed. */
export class MissingPeerError extends ScheduleError {
  readonly code = 'MISSING_PEER';
}

/** The store gave no answer, or refused one; whether the command was applied is unknown. */
export class StoreUnavailableError extends ScheduleError {
  readonly code = 'STORE_UNAVAILABLE';
}

/** The application has not been initialized yet, or has been closed. */
export class NotStartedError extends ScheduleError {
  readonly code = 'NOT_STARTED';
}

/** There is no job of this name. */
export class UnknownJobError extends ScheduleError {
  readonly code = 'UNKNOWN_JOB';
}

/** A method that is for the leader was called on a pod that does not lead. */
export class NotLeaderError extends ScheduleError {
  readonly code = 'NOT_LEADER';
}

/** A write came from a term that is over: another client has written with a newer fencing token since. */
export class StaleTermError extends ScheduleError {
  readonly code = 'STALE_TERM';
}

/** Reason of the signal of an attempt that took longer than the job's `timeout`. */
export class AttemptTimeoutError extends ScheduleError {
  readonly code = 'ATTEMPT_TIMEOUT';
}

/** Reason of the signal of a run whose lease and run lock are lost: another pod may start the job. */
export class LeadershipLostError extends ScheduleError {
  readonly code = 'LEADERSHIP_LOST';
}

/** Reason of the signal of a run that did not end within `shutdown.drainTimeout`. */
export class ShutdownError extends ScheduleError {
  readonly code = 'SHUTDOWN';
}

/** Reason of the signal of a run whose abort was requested. */
export class RunAbortedError extends ScheduleError {
  readonly code = 'RUN_ABORTED';
}

/** A requested run has not ended within the time limit of the caller. It may go on, or begin later. */
export class WaitTimeoutError extends ScheduleError {
  readonly code = 'WAIT_TIMEOUT';
}

/** The handler of a run is a generator or an async generator, which runs nothing when it is called. */
export class GeneratorHandlerError extends ScheduleError {
  readonly code = 'GENERATOR_HANDLER';
}

/** The function `around` of the options called `next` not at all, more than once, or after its attempt had ended. */
export class AroundError extends ScheduleError {
  readonly code = 'AROUND_NEXT';
}

/** No pod has started a requested run within an hour: the request has expired. */
export class RequestExpiredError extends ScheduleError {
  readonly code = 'REQUEST_EXPIRED';
}

/** Thrown by handlers: the run has failed, and trying again would not help. */
export class PermanentError extends Error {
  readonly code = 'PERMANENT';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

acceptAnyCopy({
  ScheduleError,
  InvalidOptionsError,
  InvalidCronError,
  DuplicateJobError,
  DuplicateModuleError,
  DuplicateRegistryError,
  UnsupportedJobError,
  MissingPeerError,
  StoreUnavailableError,
  NotStartedError,
  UnknownJobError,
  NotLeaderError,
  StaleTermError,
  AttemptTimeoutError,
  LeadershipLostError,
  ShutdownError,
  RunAbortedError,
  WaitTimeoutError,
  GeneratorHandlerError,
  AroundError,
  RequestExpiredError,
  PermanentError,
});

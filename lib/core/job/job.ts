import type { Schedule } from '../schedule/schedule.js';
import type { JobPolicy } from './job-policy.js';

/** The argument of a handler: the run that it makes. */
export interface JobContext {
  /** Name of the job. */
  readonly job: string;
  /** The nominal instant, equal on every pod, whenever the handler really starts; of a manual run, the instant of its request. */
  readonly tick: Date;
  /** When this attempt began, by the clock of the store; it may lie up to 50 ms before the tick. */
  readonly startedAt: Date;
  /** Identity of this run; the same for all its attempts, another one after a recovery. */
  readonly runId: string;
  /** Counts the calls of the handler for this tick, from 1. */
  readonly attempt: number;
  /** Fencing token of the term that claimed the run: strictly greater than that of every earlier term. */
  readonly token: number;
  /** Whether the tick was missed when it fell due, and is caught up now. */
  readonly catchUp: boolean;
  /** Whether an earlier run of this tick crashed with its pod, so that part of its work may be done already. */
  readonly recovering: boolean;
  /** Whether this is the run at the start of a new version of the application: see `runAtStart`. */
  readonly atStart: boolean;
  /**
   * Aborts when the run should end: `AttemptTimeoutError`, `LeadershipLostError` (the lease and the run lock are
   * lost, so another pod may start the job), `RunAbortedError` or `ShutdownError`; its `reason` is the error.
   */
  readonly signal: AbortSignal;
  /**
   * `<job>:<tick>`, the tick in ISO 8601, equal for every run of this tick: pass it to outside systems that refuse
   * doubles. Of a manual run `<job>:<tick>:manual:<id>`, where the id is that of the request.
   */
  readonly idempotencyKey: string;
  /** Logs under the name of the job. */
  readonly logger: JobLogger;
}

/** The logger of a handler; Nest's Logger is one. */
export interface JobLogger {
  /** Level `log`. */
  log(message: unknown, ...rest: unknown[]): void;
  /** Level `error`. */
  error(message: unknown, ...rest: unknown[]): void;
  /** Level `warn`. */
  warn(message: unknown, ...rest: unknown[]): void;
  /** Level `debug`. */
  debug?(message: unknown, ...rest: unknown[]): void;
  /** Level `verbose`. */
  verbose?(message: unknown, ...rest: unknown[]): void;
}

/**
 * The function of a job. Its run ends when the returned promise settles, or when the returned Observable completes: an
 * Observable is subscribed to, and unsubscribed from when the signal aborts. An error that is thrown, or with which one
 * of them ends, fails the run. A generator fails it with `GeneratorHandlerError`.
 */
export type JobHandler = (context: JobContext) => unknown;

/**
 * Surrounds every attempt of every job: each call of a handler, of ticks, manual runs, retries and recoveries. It calls
 * `next` exactly once, which calls the handler in the asynchronous context of that call, and resolves or rejects as the
 * handler does.
 *
 * Its error is the error of the attempt. It cannot make a success of a failed handler: an error that it catches still
 * fails the attempt. The job's `timeout` counts its time, too.
 */
export type AroundAttempt = (context: JobContext, next: () => Promise<void>) => unknown;

/** A method with a schedule. */
export interface Job {
  /** Unique within the application, equal on every pod. */
  readonly name: string;
  readonly schedule: Schedule;
  /** Where the SchedulerRegistry lists it beside cron jobs: as it was declared, whatever schedule it has. */
  readonly registeredAs?: 'interval' | 'timeout' | undefined;
  readonly handler: JobHandler;
  readonly policy: JobPolicy;
  /** Registered, but not started until a user starts it. */
  readonly disabled: boolean;
  /** How long after the application's start the job is started. */
  readonly initialDelayMs: number;
  /** Whether the timer lets the process end. */
  readonly unrefTimeout: boolean;
  /** Ticks found more than this late are skipped; `Infinity`: none is. */
  readonly thresholdMs: number;
}

import type { Duration } from '../core/options/duration.js';
import { InvalidCronError } from '../core/errors/errors.js';
import type { ScheduleEvent } from '../core/events.js';
import { keptName } from '../core/job/job-name.js';
import type { JobRun } from '../core/run/job-run.js';
import { parseSchedule } from '../core/schedule/parse-schedule.js';
import { pauseMs, pauseReason, waitMs } from '../core/run/pause-input.js';
import { formatOverride } from '../core/schedule/schedule-override.js';
import type { Clock } from '../ports/clock.js';
import { ALL_JOBS, type Pause, type RunRequest } from '../ports/control-store.js';
import type { Entropy } from '../ports/entropy.js';
import type { UnfinishedRun } from '../ports/run-store.js';
import type { Stores } from '../ports/stores.js';
import type { RunTicket } from './run-ticket.js';
import { outcomeOf, type RunAndWaitOptions } from './run-waiter.js';

/** Options of `pause`. */
export interface PauseOptions {
  /** How long, 1 ms to 366 days; it ends by itself. @default until `resume` is called */
  readonly duration?: Duration;
  /** Why, in one line of at most 200 characters; people see it. */
  readonly reason?: string;
}

/** A pause of one job, or of all. */
export interface PauseInfo {
  /** When it began, by the clock of Redis. */
  readonly from: Date;
  /** When it ends by itself, by the clock of Redis; `undefined`: not before `resume`. */
  readonly until: Date | undefined;
  /** Empty where none was given. */
  readonly reason: string;
}

/**
 * The result of `abortRun`: the signal of the run is aborted; the request was withdrawn before a leader had taken it; or there is
 * no unfinished run, and no request, of this id.
 */
export type AbortResult = 'aborted' | 'withdrawn' | 'not-found';

/** Options of `reschedule`. */
export interface RescheduleOptions {
  /** IANA zone in which the expression is read. @default that of the job's own schedule */
  readonly timeZone?: string;
}

/** The dependencies of control, in an application of the scheduler or outside. */
export interface ControlDeps {
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Finds a job by its name; throws, or rejects with, `UnknownJobError`. */
  readonly find: (job: string) => KnownJob | Promise<KnownJob>;
  /** Rejects with `StoreUnavailableError` when there is no answer in time. */
  readonly ask: <Answer>(
    send: (stores: ControlStores, signal: AbortSignal) => Promise<Answer>,
  ) => Promise<Answer>;
  readonly emit: (event: ScheduleEvent) => void;
  /** Aborts when no caller waits any more. */
  readonly closed: AbortSignal;
}

/** The stores that control uses. */
export type ControlStores = Pick<Stores, 'runs' | 'control' | 'cluster'>;

/** The facts of a job that control needs. */
export interface KnownJob {
  /** The name in the store, without spaces around it. */
  readonly name: string;
  /** IANA zone of its schedule. */
  readonly timeZone: string | undefined;
}

/** Controls a scheduler on request. `ScheduleService` is its public face within an application. */
export class Control {
  constructor(private readonly deps: ControlDeps) {}

  async pause(named: string, options: PauseOptions): Promise<PauseInfo> {
    const job = await this.oneOrAll(named);
    const request = { job, forMs: pauseMs(options.duration), reason: pauseReason(options.reason) };
    const pause = toPauseInfo(await this.deps.ask(({ control }, signal) => control.pause(request, signal)));
    const { until, reason } = pause;
    this.deps.emit({ type: 'job.paused', job, until, reason });
    return pause;
  }

  async resume(named: string): Promise<boolean> {
    const job = await this.oneOrAll(named);
    const wasPaused = await this.deps.ask(({ control }, signal) => control.resume(job, signal));
    if (wasPaused) this.deps.emit({ type: 'job.resumed', job });
    return wasPaused;
  }

  async runNow(job: string): Promise<RunTicket> {
    return toTicket(await this.request(job));
  }

  async runAndWait(job: string, { maxWait }: RunAndWaitOptions): Promise<JobRun | undefined> {
    const limitMs = waitMs(maxWait ?? true);
    return this.outcome(await this.request(job), limitMs);
  }

  /** Requests a run. */
  async request(named: string): Promise<RunRequest> {
    const { name: job } = await this.deps.find(named);
    const wish = { id: this.deps.entropy.id(), job };
    const request = await this.deps.ask(({ control }, signal) => control.requestRun(wish, signal));
    const tick = new Date(request.tick);
    this.deps.emit({ type: 'job.requested', job, tick, requestId: wish.id });
    return request;
  }

  /** Waits for the end of a requested run; see `outcomeOf`. */
  outcome(request: RunRequest, limitMs: number): Promise<JobRun | undefined> {
    const { ask, clock, closed } = this.deps;
    return outcomeOf(request, { waitMs: limitMs, signal: closed }, clock, () =>
      ask(({ cluster }, signal) => cluster.outcome(request, signal)).catch(() => undefined),
    );
  }

  async abortRun(id: string): Promise<AbortResult> {
    // First, because a request that is withdrawn is not decided.
    if (await this.deps.ask(({ control }, signal) => control.withdraw(id, signal))) return 'withdrawn';
    const run = await this.unfinished(id);
    if (run === undefined) return 'not-found';
    const goesOn = await this.deps.ask(({ control }, signal) => control.requestAbort(run, signal));
    return goesOn ? 'aborted' : 'not-found';
  }

  /** The run of this id, or of the request of this id, that has not ended; read page by page. */
  private async unfinished(id: string): Promise<UnfinishedRun | undefined> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const from: string = after;
      const page = await this.deps.ask(({ runs }, signal) => runs.unfinished(from, signal));
      const run = page.runs.find(({ runId, handle }) => runId === id || handle === id);
      if (run !== undefined) return run;
      after = page.next;
    }
    return undefined;
  }

  async reschedule(name: string, schedule: string | null, options: RescheduleOptions): Promise<void> {
    const job = await this.deps.find(name);
    const order = schedule === null ? undefined : orderOf(schedule, options.timeZone ?? job.timeZone);
    await this.deps.ask(({ control }, signal) => control.reschedule(job.name, order, signal));
  }

  private async oneOrAll(job: string): Promise<string> {
    return keptName(job) === ALL_JOBS ? ALL_JOBS : (await this.deps.find(job)).name;
  }
}

/** A requested run, as users see it. */
export function toTicket({ id, job, tick }: RunRequest): RunTicket {
  return { job, tick: new Date(tick), requestId: id };
}

/** A pause as users see it. */
export function toPauseInfo({ from, until, reason }: Pause): PauseInfo {
  return { from: new Date(from), until: until === Infinity ? undefined : new Date(until), reason };
}

function orderOf(schedule: unknown, timeZone: string | undefined): string {
  // Nothing at all means no ticks elsewhere; here it is more likely a field that was left empty.
  if (typeof schedule !== 'string' || schedule.trim() === '') {
    throw new InvalidCronError({
      problem: 'A job is rescheduled by a text',
      received: schedule,
      remedy:
        "Give a cron expression, a descriptor such as '@every 30s', '-' to switch it off, or null for its own again",
    });
  }
  parseSchedule(schedule, { timeZone });
  return formatOverride({ schedule, timeZone });
}

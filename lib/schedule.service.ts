import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';

import type { CronTimeInput } from './core/schedule/cron-schedule.js';
import { addFormerScheduleMembers, withDuration, type ScheduleEvent } from './deprecated.js'; // until 1.0: import type { ScheduleEvent } from './core/events.js';
import type { ScheduleFactory, WithFactories } from './core/job/job-definition.js';
import type { JobRun } from './core/run/job-run.js';
import type { JobHandler } from './core/job/job.js';
import type { RunRecord } from './ports/history-store.js';
import { askStores, knownJob } from './nest/root-access.js';
import {
  Control,
  type AbortResult,
  type PauseInfo,
  type PauseOptions,
  type RescheduleOptions,
} from './client/control.js';
import { eventStream } from './observe/event-stream.js';
import { toJobRun } from './client/run-view.js';
import type { JobInfo } from './client/job-info.js';
import type { CreateJobOptions } from './interfaces/create-job-options.interface.js';
import { LocalJobs } from './nest/local-jobs.js';
import { readQuery, type RunQuery } from './client/history-query.js';
import type { RunTicket } from './client/run-ticket.js';
import type { RunAndWaitOptions } from './client/run-waiter.js';
import { CompositionRoot } from './nest/composition-root.js';
import { readStatus } from './client/read-status.js';
import type { PodInfo, ScheduleStatus } from './client/status.js';
import { statusSource } from './nest/status-source.js';

/**
 * Controls the jobs, and reads their state and history. In Redis mode it has the same effect and the same answers on
 * every pod; in RAM mode it is about this process.
 *
 * Every method that returns a promise rejects with `StoreUnavailableError` when Redis does not answer within the
 * command timeout (1 s, less with a short ttl); it is then unknown whether a change was applied. A job that this
 * application does not have is an `UnknownJobError`. Before the application has initialized every method but `create`
 * fails with `NotStartedError`.
 */
@Injectable()
export class ScheduleService {
  /**
   * The events of this pod, from now on: see `docs/events.md`. Never completes, never fails. An error that a subscriber
   * throws is logged and ends no subscription; an operator that throws ends its own.
   */
  readonly events: Observable<ScheduleEvent>;

  private readonly control: Control;
  private readonly own: LocalJobs;

  constructor(private readonly root: CompositionRoot) {
    this.events = eventStream(root.events, error => root.listenerFailed(error));
    this.control = new Control({
      clock: root.clock,
      entropy: root.entropy,
      find: job => {
        const { name, schedule } = knownJob(root, job);
        return { name, timeZone: schedule.timeZone };
      },
      ask: send => askStores(root, send),
      emit: event => root.events.emit(event),
      closed: root.closed,
    });
    this.own = new LocalJobs(root);
  }

  /**
   * Registers a job in this process, as `@LeaderCron` does. Have every pod register it: a job that the leader does not
   * have does not run. It may be called before the application has initialized.
   *
   * @param schedule as that of `@LeaderCron`: an expression, `@every 30s`, a date, `-`
   * @throws DuplicateJobError when the name is taken
   * @throws InvalidCronError for an invalid schedule
   * @throws InvalidOptionsError for invalid options, and for a handler that is no function
   *
   * @example
   * ```ts
   * this.schedule.create('cleanup', '@every 10m', ({ signal }) => this.files.clean(signal), { timeout: '5m' });
   * ```
   */
  create(
    name: string,
    schedule: CronTimeInput | ScheduleFactory,
    handler: JobHandler,
    options: WithFactories<CreateJobOptions> = {},
  ): void {
    this.own.create(name, schedule, handler, options);
  }

  /**
   * Removes a job from this process: as with `create`, have every pod do it. A run that goes on is not stopped; the
   * history stays.
   */
  remove(name: string): void {
    this.own.remove(name);
  }

  /**
   * Overrides the schedule of a job, on every pod and also after a restart, until the next call; `null` ends the
   * override. Nothing runs in retrospect. `-` switches the job off.
   *
   * @throws InvalidCronError for a schedule that is invalid or never fires
   *
   * @example
   * ```ts
   * await this.schedule.reschedule('Reports.daily', '0 5 * * *', { timeZone: 'Europe/Berlin' });
   * await this.schedule.reschedule('Reports.daily', null);
   * ```
   */
  reschedule(name: string, schedule: string | null, options: RescheduleOptions = {}): Promise<void> {
    return this.control.reschedule(name, schedule, options);
  }

  /** The jobs of this application, by name. */
  jobs(): Promise<readonly JobInfo[]> {
    return this.own.list();
  }

  /**
   * Pauses a job, or all with `ALL_JOBS` (`'*'`), in the whole cluster: its ticks are skipped, including those that
   * would be caught up later. Runs that go on are not stopped, and `runNow` still works. A second call replaces the end
   * and the reason of the first.
   *
   * @param options how long (1 ms to 366 days; by default until `resume`), and why
   * @throws InvalidOptionsError for an invalid duration or reason
   *
   * @example
   * ```ts
   * await this.schedule.pause('Reports.daily', { duration: '2h', reason: 'migration' });
   * ```
   */
  async pause(job: string, options: PauseOptions = {}): Promise<PauseInfo> {
    return this.control.pause(job, withDuration(options)); // until 1.0: return this.control.pause(job, options);
  }

  /**
   * Ends the pause of a job, or that of all with `ALL_JOBS`; a job with a pause of its own stays paused then. Resolves
   * to whether there was one.
   */
  resume(job: string): Promise<boolean> {
    return this.control.resume(job);
  }

  /**
   * Requests a run now, beside the schedule, which it does not move. The leader runs it once; if it dies before it has
   * taken the request, the next leader does. The run obeys the job's `overlap` (with `skip` it is skipped while another
   * run goes on), not its pauses.
   *
   * Resolves when the request is stored. A request that no pod takes within an hour expires.
   *
   * @example
   * ```ts
   * const { requestId } = await this.schedule.runNow('Reports.daily');
   * ```
   */
  runNow(job: string): Promise<RunTicket>; // until 1.0
  /* prettier-ignore */ // until 1.0
  runNow(job: string): Promise<RunTicket | JobRun | undefined> { // until 1.0: runNow(job: string): Promise<RunTicket> {
    return this.control.runNow(job);
  }

  /**
   * Requests a run now, as `runNow` does, and waits for its end. Resolves to the run, also when it failed or was skipped;
   * to `undefined` when its record is not kept.
   *
   * @throws RequestExpiredError when no pod takes the request within an hour
   * @throws WaitTimeoutError when the run has not ended within `maxWait`; it may go on, or begin later
   * @throws ShutdownError when the application closes
   * @throws InvalidOptionsError for an invalid `maxWait`; nothing is requested then
   *
   * @example
   * ```ts
   * const run = await this.schedule.runAndWait('Reports.daily', { maxWait: '5m' });
   * if (run?.outcome !== 'succeeded') throw new Error(run?.error?.message);
   * ```
   */
  runAndWait(job: string, options: RunAndWaitOptions = {}): Promise<JobRun | undefined> {
    return this.control.runAndWait(job, options);
  }

  /**
   * Requests that a run ends, on any pod: its signal aborts with `RunAbortedError`. A request that no leader has taken
   * is withdrawn. A handler that ignores its signal is given up after 5 s.
   *
   * @param id the `runId` of a run, or the `requestId` of `runNow`
   * @returns `aborted`, `withdrawn`, or `not-found` when there is no such run or request, or it has ended
   *
   * @example
   * ```ts
   * for (const { runId } of await this.schedule.running()) await this.schedule.abortRun(runId);
   * ```
   */
  abortRun(id: string): Promise<AbortResult> {
    return this.control.abortRun(id);
  }

  /**
   * The outcomes of past ticks, the newest first: of one job, or of all jobs that ever ran under this lease key.
   * Each job keeps as much as its `history` option says: by default 100 entries, none older than 30 days.
   *
   * @param options `limit` (1 to 10,000, default 50), `before` and `outcome`
   * @throws InvalidOptionsError for an invalid limit, instant or outcome
   *
   * @example
   * ```ts
   * const failures = await this.schedule.history('Reports.daily', { outcome: 'failed', limit: 10 });
   * const next = await this.schedule.history('Reports.daily', { before: failures.at(-1) });
   * ```
   */
  async history(job?: string, options: RunQuery = {}): Promise<readonly JobRun[]> {
    const name = job === undefined ? undefined : knownJob(this.root, job).name;
    const query = readQuery(name, options);
    if (query.states?.length === 0) return [];
    const records = await askStores(this.root, ({ history }, signal, onPage) =>
      history.history(query, signal, onPage),
    );
    return records.filter(record => this.isKept(record)).map(toJobRun);
  }

  /** The newest run of a job that started and ended, with any outcome; `undefined` when there was none. */
  async lastRun(job: string): Promise<JobRun | undefined> {
    return this.last(job, 'run');
  }

  /** The newest run of a job that succeeded, even if the history has dropped it; `undefined` when there was none. */
  async lastSuccess(job: string): Promise<JobRun | undefined> {
    return this.last(job, 'success');
  }

  /** The runs that go on now, on any pod, and those whose entry in Redis cannot be read. */
  async running(): Promise<readonly JobRun[]> {
    const records = await askStores(this.root, ({ history }, signal, onPage) =>
      history.running(signal, onPage),
    );
    return records.map(toJobRun);
  }

  /** The pods that compete, the oldest first; one that died is shown for ten minutes. In RAM mode this process. */
  async pods(): Promise<readonly PodInfo[]> {
    const { pods } = await this.status();
    return pods;
  }

  /** The names of the jobs of this process, without I/O. Empty before the application has initialized. */
  get jobNames(): readonly string[] {
    return this.root.jobs.jobs.map(({ name }) => name);
  }

  /** The state of the scheduler, as this pod sees it. Does not reject when Redis is away: the status says so. */
  async status(): Promise<ScheduleStatus> {
    return readStatus(statusSource(this.root));
  }

  /** A record that is too old is removed with the next run that ends; until then it is not shown. */
  private isKept({ job, tick, state }: RunRecord): boolean {
    if (state === 'unreadable') return true;
    const { clock, jobs } = this.root;
    const { maxAgeMs } = jobs.find(job)?.policy.retention ?? { maxAgeMs: Infinity };
    return clock.now().wallMs - tick <= maxAgeMs;
  }

  private async last(job: string, which: 'run' | 'success'): Promise<JobRun | undefined> {
    const { name } = knownJob(this.root, job);
    const record = await askStores(this.root, ({ history }, signal) => history.last(name, which, signal));
    return record && toJobRun(record);
  }
}

addFormerScheduleMembers(ScheduleService.prototype); // until 1.0

import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';

import type { CronTimeInput } from './core/schedule/cron-schedule.js';
import type { ScheduleEvent } from './core/events.js';
import type { ScheduleFactory } from './core/job/job-definition.js';
import type { JobRun } from './core/run/job-run.js';
import type { JobHandler } from './core/job/job.js';
import type { RunRecord } from './ports/history-store.js';
import { askStores, knownJob } from './nest/root-access.js';
import { Control, type PauseInfo, type PauseOptions, type RescheduleOptions } from './client/control.js';
import { eventStream } from './observe/event-stream.js';
import { toJobRun } from './client/run-view.js';
import type { JobInfo } from './client/job-info.js';
import type { CreateJobOptions } from './interfaces/create-job-options.interface.js';
import { LocalJobs } from './nest/local-jobs.js';
import { readQuery, type RunQuery } from './client/history-query.js';
import type { RunNowOptions, RunTicket } from './client/run-waiter.js';
import { CompositionRoot } from './nest/composition-root.js';
import { readStatus } from './client/read-status.js';
import type { PodInfo, ScheduleStatus } from './client/status.js';
import { statusSource } from './nest/status-source.js';

/**
 * What the jobs do and did, and what people ask of them. In Redis mode it has the same effect and the same answers on
 * every pod, whoever runs the jobs; in RAM mode it is about this process.
 *
 * Every method that asks Redis rejects with `StoreUnavailableError` when that does not answer within the command timeout
 * (1 s, less with a short ttl); whether what was asked for was applied is then unknown. A job that this application
 * does not have is an `UnknownJobError`; before the application has initialized all but `create` is a
 * `NotStartedError`.
 */
@Injectable()
export class ScheduleService {
  /**
   * All that happens on this pod, from now on: see `docs/events.md`. Never completes, never fails. What a subscriber
   * throws is logged, and hurts neither it nor anybody else; an operator that throws ends its own subscription.
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
   * Makes a job, as `@LeaderCron` does. The handler is in this process only, so have every pod create it: where the
   * leader has it not, it does not run. It may be called before the application has initialized.
   *
   * Throws `DuplicateJobError` when the name is taken, `InvalidCronError`, or `InvalidOptionsError`, also for a handler
   * that is no function.
   *
   * @param schedule as that of `@LeaderCron`: an expression, `@every 30s`, a date, `-`
   */
  create(
    name: string,
    schedule: CronTimeInput | ScheduleFactory,
    handler: JobHandler,
    options: CreateJobOptions = {},
  ): void {
    this.own.create(name, schedule, handler, options);
  }

  /**
   * Lets go of a job, in this process: as with `create`, have every pod do it. A run that goes on is not stopped; the
   * history stays.
   */
  remove(name: string): void {
    this.own.remove(name);
  }

  /**
   * Gives a job another schedule, on every pod and also after a restart, until it is given another one, or `null`: its
   * own. Nothing runs in retrospect. `-` switches it off.
   *
   * Throws `InvalidCronError` for a schedule that cannot be read or never fires.
   */
  reschedule(name: string, schedule: string | null, options: RescheduleOptions = {}): Promise<void> {
    return this.control.reschedule(name, schedule, options);
  }

  /** The jobs of this application, by name. */
  jobs(): Promise<readonly JobInfo[]> {
    return this.own.list();
  }

  /**
   * Pauses a job, or all with `ALL_JOBS` (`'*'`), in the whole cluster: its ticks are skipped, those that are made up
   * later included. Runs that go on are not stopped; `runNow` works all the same. A second call replaces the end and the
   * reason of the first.
   */
  pause(job: string, options: PauseOptions = {}): Promise<PauseInfo> {
    return this.control.pause(job, options);
  }

  /**
   * Ends the pause of a job, or that of all with `ALL_JOBS`; a job with a pause of its own stays paused then. Resolves
   * to whether there was one.
   */
  resume(job: string): Promise<boolean> {
    return this.control.resume(job);
  }

  /**
   * Asks for a run now, beside the schedule, which it does not move. The leader makes it, once, even if the one that
   * leads now dies before it takes it; a leader that comes later does. It obeys the job's `overlap` (with `skip` it is
   * skipped while a run goes on), not its pauses.
   *
   * Resolves when the request is kept; with `wait` when its run has ended, to that: also when it failed or was skipped,
   * and to `undefined` when its record is not kept. Rejects with
   * `RequestExpiredError` when no pod takes it for an hour, with `WaitTimeoutError` when that takes longer than `wait`.
   */
  runNow(job: string, options?: RunNowOptions & { readonly wait?: false }): Promise<RunTicket>;
  runNow(job: string, options: RunNowOptions): Promise<JobRun | undefined>;
  runNow(job: string, options: RunNowOptions = {}): Promise<RunTicket | JobRun | undefined> {
    return this.control.runNow(job, options);
  }

  /**
   * Asks a run to end, on whatever pod: its signal aborts with `RunAbortedError`. A run that was asked for and that no
   * leader has taken is taken back. Resolves to whether there was either; a handler that does not heed its signal is given
   * up 5 s later.
   *
   * @param id the run, as the context of a handler, `running()` and events name it; or the `requestId` of `runNow`
   */
  abort(id: string): Promise<boolean> {
    return this.control.abort(id);
  }

  /**
   * What became of past ticks, the newest first: of one job, or of all jobs that ever ran under this lease key.
   * Each job keeps as much as its `history` option says: by default 100 entries, none older than 30 days.
   *
   * Throws `InvalidOptionsError` for a limit, an instant or an outcome that makes no sense.
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

  /** The newest run of a job that started and ended, however it did; `undefined` when there was none. */
  async lastRun(job: string): Promise<JobRun | undefined> {
    return this.last(job, 'run');
  }

  /** The newest run of a job that succeeded, be its history entry kept or not; `undefined` when there was none. */
  async lastSuccess(job: string): Promise<JobRun | undefined> {
    return this.last(job, 'success');
  }

  /** The runs that go on now, on whatever pod, and what stands among them in Redis and cannot be read. */
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

  /** The names of the jobs of this process, without asking Redis. Empty before the application has initialized. */
  get jobNames(): readonly string[] {
    return this.root.jobs.jobs.map(({ name }) => name);
  }

  /** How the scheduler is, as this pod sees it. Does not reject when Redis is away: it says so. */
  async status(): Promise<ScheduleStatus> {
    return readStatus(statusSource(this.root));
  }

  /** What is too old goes with the next run that ends; until then it is not shown. */
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

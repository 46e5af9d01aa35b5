import { elapsedMs } from '../../core/election/instant.js';
import type { Job } from '../../core/job/job.js';
import type { RunRequest } from '../../ports/control-store.js';
import type { ClaimQueue } from './claim-queue.js';
import { JobScheduler, type JobSchedulerDeps } from './job-scheduler.js';
import type { DueTick } from './tick.js';

export type JobSchedulersDeps = Omit<JobSchedulerDeps, 'onRunEnded'> & {
  readonly claims: Pick<ClaimQueue, 'close'>;
};

/** The jobs of this process by their names, and what is asked of all of them. */
export class JobSchedulers {
  private readonly byName = new Map<string, JobScheduler>();
  private readonly deps: JobSchedulerDeps;

  private readonly claims: Pick<ClaimQueue, 'close'>;

  constructor(deps: JobSchedulersDeps) {
    this.claims = deps.claims;
    this.deps = { ...deps, onRunEnded: job => this.runEnded(job) };
  }

  of(job: Job): JobScheduler {
    const known = this.byName.get(job.name);
    if (known !== undefined) return known;
    const scheduler = new JobScheduler(job, this.deps);
    this.byName.set(job.name, scheduler);
    return scheduler;
  }

  /** Runs a job whose run was requested in the store. Harmless to repeat while it is. */
  runRequested(job: Job, { id, tick }: RunRequest, token: number): void {
    this.add(job, { tick, intent: 'run', manual: true, handle: id, isRequested: true }, token);
  }

  /** Adds a tick of a job that has no turn in its schedule. */
  add(job: Job, due: DueTick, token: number): void {
    this.of(job).post({ kind: 'found', due: [due], token });
  }

  /** Where the job stands must be read again. Waiting ticks stay, and runs in progress go on. */
  displace(job: string): void {
    this.byName.get(job)?.post({ kind: 'displaced' });
  }

  /** The job is removed: what waits is released. Runs under way go on. */
  forget({ name }: Job): void {
    this.deps.errors.inBackground(this.byName.get(name)?.close());
    this.byName.delete(name);
  }

  /** A run of the job has ended, or was abandoned: ticks that it has blocked or queued are claimed again at once. */
  runEnded(job: string): void {
    this.byName.get(job)?.post({ kind: 'run-ended' });
  }

  /** Whether the job stands at a tick in the future: see `JobPosition`. */
  isAhead(job: string, token: number): boolean {
    return this.byName.get(job)?.position.isAhead(token) ?? false;
  }

  /**
   * Whether a tick of the job waits for a run to end, as the store has said, for its moment within the jitter, or until
   * what the store holds of the job is corrected. One that gets no answer does not count: a leader whose claims are never
   * answered does nothing.
   */
  isWaiting(job: string): boolean {
    const scheduler = this.byName.get(job);
    if (scheduler === undefined) return false;
    const { position, ticks } = scheduler;
    return position.isBlocked || ticks.queued > 0 || ticks.has('jittering') || this.isRefused(scheduler);
  }

  /** Whether the store has lately refused to decide because of what it holds of the job, as it would for any leader. */
  private isRefused({ refusedAt }: JobScheduler): boolean {
    const { clock, timing } = this.deps;
    return refusedAt !== undefined && elapsedMs(refusedAt, clock.now()) < timing.ttlMs;
  }

  /** Run ids of claims that may hold their ticks while this process does not run them. */
  get deciding(): readonly string[] {
    return [...this.byName.values()].flatMap(({ ticks }) => ticks.deciding);
  }

  /** How many ticks the store has queued. */
  get queued(): number {
    return [...this.byName.values()].reduce((sum, { ticks }) => sum + ticks.queued, 0);
  }

  /** The term is over: nothing waits for its moment in it. */
  endTerm(): void {
    for (const scheduler of this.byName.values()) scheduler.post({ kind: 'term-ended' });
  }

  /** Starts nothing more. Resolves when no claim is under way and all that waited is released. */
  async close(): Promise<void> {
    this.claims.close();
    await Promise.all(Array.from(this.byName.values(), scheduler => scheduler.close()));
  }
}

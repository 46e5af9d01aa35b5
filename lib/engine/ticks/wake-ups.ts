import type { Job } from '../../core/job/job.js';
import type { StartRuns } from '../control/start-runs.js';
import type { LeaderElector } from '../election/elector.js';
import type { EngineErrors } from '../engine-errors.js';
import type { ActiveJob, JobTimers } from '../job-timers.js';
import type { OrphanRecovery } from '../runs/orphan-recovery.js';
import type { JobSchedulers } from './job-schedulers.js';
import type { Takeover } from './takeover.js';

/** With each renewal the ticks of this many jobs are checked, also without a wake-up of their timers. */
const REVISITED_AT_ONCE = 20;

export interface WakeUpsDeps {
  readonly elector: Pick<LeaderElector, 'currentTerm' | 'termToken'>;
  readonly schedulers: Pick<JobSchedulers, 'of' | 'isAhead' | 'displace'>;
  readonly takeover: Pick<Takeover, 'isUnderWay' | 'isClosed' | 'open'>;
  readonly orphans: Pick<OrphanRecovery, 'hasDelayed' | 'settleDelayed'>;
  readonly startRuns: Pick<StartRuns, 'settle'>;
  readonly timers: JobTimers;
  readonly errors: EngineErrors;
}

/**
 * Starts what is due though the timer of its job has not fired, while this pod leads. A job whose position is not known in
 * this term is opened first.
 */
export class WakeUps {
  private revisited = 0;

  constructor(private readonly deps: WakeUpsDeps) {}

  /** Starts what is due of a job. */
  check({ job, activeSchedule }: ActiveJob, token: number): void {
    this.deps.schedulers.of(job).post({ kind: 'due', activeSchedule, token });
  }

  /** A job is due whose position is not known in this term: it was added or started after the term began. */
  openUnplaced(activeJob: ActiveJob, token: number): void {
    const { takeover, errors } = this.deps;
    if (takeover.isUnderWay || takeover.isClosed(activeJob, token)) return;
    errors.inBackground(this.open(activeJob.job, token));
  }

  private async open(job: Job, token: number): Promise<void> {
    const { orphans, schedulers, takeover, timers, startRuns } = this.deps;
    if (orphans.hasDelayed(job)) await orphans.settleDelayed(job, token);
    const activeSchedule = timers.activeScheduleOf(job);
    if (activeSchedule === undefined) return;
    // Another wake-up may have waited for the same.
    if (!schedulers.of(job).position.isOf(activeSchedule, token))
      await takeover.open([{ job, activeSchedule }], token);
    await startRuns.settle([job], token);
  }

  /** Starts what is due of all jobs, while this pod leads. */
  checkAll(): void {
    const token = this.deps.elector.currentTerm()?.token;
    if (token === undefined) return;
    for (const activeJob of this.deps.timers.active) this.check(activeJob, token);
  }

  /** Starts what is due of some jobs; further calls come round to all of them. */
  checkNext(token: number): void {
    const { active } = this.deps.timers;
    const from = this.revisited % Math.max(1, active.length);
    this.revisited = from + REVISITED_AT_ONCE;
    for (const activeJob of active.slice(from, from + REVISITED_AT_ONCE)) this.check(activeJob, token);
  }

  /** Opens those of the jobs again whose watermark is in the future: it may have been corrected since. */
  openAhead(activeJobs: readonly ActiveJob[]): void {
    const { elector, schedulers, takeover, errors } = this.deps;
    const { termToken: token } = elector;
    if (token === undefined) return;
    const ahead = activeJobs.filter(({ job }) => schedulers.isAhead(job.name, token));
    if (ahead.length === 0) return;
    for (const { job } of ahead) schedulers.displace(job.name);
    errors.inBackground(takeover.open(ahead, token).then(() => this.checkAll()));
  }
}

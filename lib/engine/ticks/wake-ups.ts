import type { Job } from '../../core/job/job.js';
import type { ActiveSchedule, Wake } from '../../ports/ticker.js';
import type { LeaderElector } from '../election/elector.js';
import type { EngineErrors } from '../engine-errors.js';
import type { ActiveJob, JobTimers } from '../job-timers.js';
import type { OrphanRecovery } from '../runs/orphan-recovery.js';
import type { JobSchedulers } from './job-schedulers.js';
import type { Takeover } from './takeover.js';

/** With each renewal the ticks of this many jobs are checked, also without a wake-up of their timers. */
const REVISITED_AT_ONCE = 20;

export interface WakeUpsDeps {
  readonly elector: Pick<LeaderElector, 'currentTerm' | 'termToken' | 'tickDue'>;
  readonly schedulers: Pick<JobSchedulers, 'of' | 'runManual' | 'isAhead' | 'displace'>;
  readonly takeover: Pick<Takeover, 'isUnderWay' | 'isClosed' | 'open'>;
  readonly orphans: Pick<OrphanRecovery, 'hasDelayed' | 'settleDelayed'>;
  readonly timers: JobTimers;
  readonly errors: EngineErrors;
}

/**
 * Passes the wake-ups of jobs on to their schedulers, while this pod leads. A job whose position is not known in this
 * term is opened first.
 */
export class WakeUps {
  private revisited = 0;

  constructor(private readonly deps: WakeUpsDeps) {}

  /**
   * A timer has fired. On a follower, the election checks that its leader is there to run the tick. Never throws: the
   * library of the timers would only print the error.
   */
  wake(job: Job, wake: Wake): void {
    const { elector, schedulers, errors } = this.deps;
    try {
      const token = elector.currentTerm()?.token;
      if (token === undefined) elector.tickDue();
      else if (wake.cause === 'manual') schedulers.runManual(job, token);
      else this.check(job, wake, token);
    } catch (error) {
      errors.report(error);
    }
  }

  /** Starts what is due of a job. */
  check(job: Job, activeSchedule: ActiveSchedule, token: number): void {
    const { schedulers, takeover } = this.deps;
    const scheduler = schedulers.of(job);
    if (scheduler.position.isOf(activeSchedule, token))
      scheduler.post({ kind: 'due', activeSchedule, token });
    else if (!takeover.isUnderWay && !takeover.isClosed({ job, activeSchedule }, token))
      this.deps.errors.inBackground(this.open(job, token));
  }

  /** Opens a job that was added or started after the term began. */
  private async open(job: Job, token: number): Promise<void> {
    const { orphans, schedulers, takeover, timers } = this.deps;
    if (orphans.hasDelayed(job)) await orphans.settleDelayed(job, token);
    const activeSchedule = timers.activeScheduleOf(job);
    if (activeSchedule === undefined) return;
    // Another wake-up may have waited for the same.
    if (!schedulers.of(job).position.isOf(activeSchedule, token))
      await takeover.open([{ job, activeSchedule }], token);
  }

  /** Starts what is due of all jobs, while this pod leads. */
  checkAll(): void {
    const token = this.deps.elector.currentTerm()?.token;
    if (token === undefined) return;
    for (const { job, activeSchedule } of this.deps.timers.active) this.check(job, activeSchedule, token);
  }

  /** Starts what is due of some jobs; further calls come round to all of them. */
  checkNext(token: number): void {
    const { active } = this.deps.timers;
    const from = this.revisited % Math.max(1, active.length);
    this.revisited = from + REVISITED_AT_ONCE;
    for (const { job, activeSchedule } of active.slice(from, from + REVISITED_AT_ONCE))
      this.check(job, activeSchedule, token);
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

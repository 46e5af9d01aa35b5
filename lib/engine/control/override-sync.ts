import type { Job } from '../../core/job/job.js';
import type { Clock } from '../../ports/clock.js';
import type { LeaderElector } from '../election/elector.js';
import type { EngineErrors } from '../engine-errors.js';
import type { JobTimers } from '../job-timers.js';
import type { WakeUps } from '../ticks/wake-ups.js';
import type { JobCatalog } from './job-catalog.js';
import type { ScheduleOverrides } from './schedule-overrides.js';

export interface OverrideSyncDeps {
  readonly overrides: Pick<ScheduleOverrides, 'sync'>;
  readonly elector: Pick<LeaderElector, 'currentTerm'>;
  readonly catalog: Pick<JobCatalog, 'announceSoon'>;
  readonly wakeUps: Pick<WakeUps, 'check'>;
  readonly timers: Pick<JobTimers, 'activeScheduleOf'>;
  readonly clock: Clock;
  readonly errors: EngineErrors;
}

/**
 * Decides when the overrides are read: after a signal, with a new job, and when the store's count of overrides is not the
 * one that belongs to what was last read. On the leader, the changed jobs tick by their new schedules at once.
 */
export class OverrideSync {
  /** The store's count when they were last read; `undefined`: it was not known then. */
  private countRead: number | undefined = 0;
  private isDue = false;

  constructor(private readonly deps: OverrideSyncDeps) {}

  /** An answer of the store has brought its count. */
  counted(count: number): void {
    if (count !== this.countRead) this.deps.errors.inBackground(this.sync(count));
  }

  /**
   * Reads them at once. Without the count that belongs to them, the next renewal reads them again: the store may lose an
   * override and its count.
   */
  now(): void {
    this.deps.errors.inBackground(this.sync(undefined));
  }

  /** Reads them in a moment, once for all calls until then. */
  soon(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.deps.clock.immediate(() => {
      this.isDue = false;
      this.now();
    });
  }

  private async sync(count: number | undefined): Promise<void> {
    const changed = await this.deps.overrides.sync();
    if (changed === undefined) return;
    this.countRead = count;
    const token = this.deps.elector.currentTerm()?.token;
    if (token !== undefined && changed.length > 0) this.onChanged(changed, token);
  }

  private onChanged(changed: readonly Job[], token: number): void {
    const { catalog, wakeUps, timers } = this.deps;
    catalog.announceSoon(token);
    for (const job of changed) {
      const activeSchedule = timers.activeScheduleOf(job);
      if (activeSchedule !== undefined) wakeUps.check({ job, activeSchedule }, token);
    }
  }
}

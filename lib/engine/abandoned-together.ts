import type { ScheduleEvent } from '../core/events.js';
import type { Adoption, RunRef } from '../ports/run-store.js';

/** Runs that were abandoned with one page: each has its event, and those of one job are counted. */
export class AbandonedTogether {
  private readonly counts = new Map<string, { count: number; told: number }>();

  constructor(abandoned: readonly Adoption[]) {
    for (const { orphan } of abandoned) this.of(orphan.job).count += 1;
  }

  /** The event of one of them; to be asked for once. */
  eventOf({ job, tick, runId }: RunRef): ScheduleEvent<'job.abandoned'> {
    const page = this.of(job);
    page.told += 1;
    return { type: 'job.abandoned', job, tick: new Date(tick), runId, count: page.count, ordinal: page.told };
  }

  private of(job: string): { count: number; told: number } {
    const known = this.counts.get(job) ?? { count: 0, told: 0 };
    this.counts.set(job, known);
    return known;
  }
}

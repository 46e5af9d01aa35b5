import { formatDescription } from '../../core/job/job-description.js';
import type { Job } from '../../core/job/job.js';
import { pagesOf } from '../../core/pages.js';
import type { Clock } from '../../ports/clock.js';
import type { ClusterStore } from '../../ports/control-store.js';
import type { JobTimer } from '../../ports/ticker.js';
import type { JobTimers } from '../job-timers.js';
import type { EngineErrors } from '../engine-errors.js';
import type { JobRegistry } from './job-registry.js';
import type { CallWhileLeading } from '../call-while-leading.js';

export interface JobCatalogDeps {
  readonly podId: string;
  readonly cluster: ClusterStore;
  readonly jobs: JobRegistry;
  readonly timers: Pick<JobTimers, 'all'>;
  readonly whileLeading: CallWhileLeading;
  readonly clock: Clock;
  /** All were announced, or the term has ended. */
  readonly onAnnounced: (token: number) => Promise<void>;
  readonly errors: EngineErrors;
}

/** Jobs of a page. */
const JOBS_A_PAGE = 250;

/** Announces to the store which jobs the leader has, for clients outside of the application. */
export class JobCatalog {
  private isDue = false;
  private underWay = Promise.resolve();

  constructor(private readonly deps: JobCatalogDeps) {}

  /** Announces them in a moment, once for all changes until then. */
  announceSoon(token: number): void {
    if (this.isDue) return;
    this.isDue = true;
    this.deps.clock.immediate(() => {
      // Changes from now on are announced afterwards.
      this.underWay = this.underWay.then(() => {
        this.isDue = false;
        return this.announce(token).catch((error: unknown) => this.deps.errors.report(error));
      });
    });
  }

  /** Page by page; a page without an answer is repeated, and not those before it. */
  private async announce(token: number): Promise<void> {
    const jobs = [...this.deps.timers.all].map(([job, timer]) => ({
      job: job.name,
      description: this.describe(job, timer),
    }));
    const { cluster, whileLeading, podId } = this.deps;
    const pages = jobs.length === 0 ? [[]] : pagesOf(jobs, JOBS_A_PAGE);
    for (const [index, page] of pages.entries()) {
      const announcement = { podId, token, jobs: page, isFirst: index === 0 };
      await whileLeading.call(token, signal => cluster.announce(announcement, signal));
    }
    this.deps.errors.inBackground(this.deps.onAnnounced(token));
  }

  private describe(job: Job, { activeSchedule, isStopped }: JobTimer): string {
    const { overlap, catchUp } = job.policy;
    const { source, timeZone = '' } = activeSchedule?.schedule ?? job.schedule;
    const definedAt = this.deps.jobs.definedAt(job.name);
    return formatDescription({ schedule: source, timeZone, definedAt, isStopped, overlap, catchUp });
  }
}

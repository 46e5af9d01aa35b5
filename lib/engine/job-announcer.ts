import { formatDescription } from '../core/job-description.js';
import type { Job } from '../core/job.js';
import type { Clock } from '../ports/clock.js';
import type { ClusterStore } from '../ports/control-store.js';
import type { JobTimer } from '../ports/ticker.js';
import type { JobRegistry } from './job-registry.js';
import type { TermAsker } from './term-asker.js';

export interface JobAnnouncerDeps {
  readonly candidateId: string;
  readonly cluster: ClusterStore;
  readonly jobs: JobRegistry;
  readonly timers: ReadonlyMap<Job, JobTimer>;
  readonly termAsker: TermAsker;
  readonly clock: Clock;
}

/** Tells the store which jobs the leader has, for people who look at the scheduler from outside. */
export class JobAnnouncer {
  private isDue = false;

  constructor(private readonly deps: JobAnnouncerDeps) {}

  /** Tells them in a moment, once for all that changes until then. */
  announceSoon(token: number): void {
    if (this.isDue) return;
    this.isDue = true;
    this.deps.clock.immediate(() => {
      this.isDue = false;
      void this.announce(token);
    });
  }

  private async announce(token: number): Promise<void> {
    const { cluster, termAsker, candidateId, timers } = this.deps;
    const jobs = [...timers].map(([job, timer]) => ({
      job: job.name,
      description: this.describe(job, timer),
    }));
    await termAsker.ask(token, signal => cluster.announce({ candidateId, token, jobs }, signal));
  }

  private describe(job: Job, { pace }: JobTimer): string {
    const { overlap, catchUp } = job.policy;
    const { source, timeZone = '' } = pace?.schedule ?? job.schedule;
    const definedAt = this.deps.jobs.definedAt(job.name);
    const isStopped = pace === undefined;
    return formatDescription({ schedule: source, timeZone, definedAt, isStopped, overlap, catchUp });
  }
}

import type { Job, JobHandler } from '../core/job/job.js';
import { JobRegistry } from '../engine/control/job-registry.js';

/** The jobs of the application, each with its handler wrapped. */
export class WatchedJobs extends JobRegistry {
  constructor(private readonly wrap: (handler: JobHandler) => JobHandler) {
    super();
  }

  override add(job: Job, definedAt: string): void {
    super.add({ ...job, handler: this.wrap(job.handler) }, definedAt);
  }
}

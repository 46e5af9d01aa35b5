import type { ControlStore } from '../../ports/control-store.js';
import type { RamJobs } from './ram-jobs.js';

/** Pauses in the memory of one process. */
export class RamControlStore implements ControlStore {
  constructor(private readonly jobs: RamJobs) {}

  async pause(job: string, forMs: number): Promise<void> {
    this.jobs.get(job).pausedUntil = forMs > 0 ? this.jobs.now + forMs : 0;
  }

  async resume(job: string): Promise<void> {
    this.jobs.get(job).pausedUntil = 0;
  }
}

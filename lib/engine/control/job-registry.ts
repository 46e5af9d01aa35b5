import { DuplicateJobError } from '../../core/errors/errors.js';
import { keptName } from '../../core/job/job-name.js';
import type { Job } from '../../core/job/job.js';

/** The jobs of the application, by name. */
export class JobRegistry {
  private readonly entries = new Map<string, { readonly job: Job; readonly definedAt: string }>();

  /** @param definedAt where the job was written, for the error when its name is taken */
  add(job: Job, definedAt: string): void {
    const existing = this.entries.get(job.name);
    if (existing !== undefined) {
      throw new DuplicateJobError({
        problem: `Two jobs have one name: ${existing.definedAt} and ${definedAt}`,
        received: job.name,
        remedy: "Give one of them another name, in the options of its decorator: { name: '…' }",
      });
    }
    this.entries.set(job.name, { job, definedAt });
  }

  /** The job of this name, if there is one. */
  find(name: string): Job | undefined {
    return this.entries.get(keptName(name))?.job;
  }

  /** Where the job of this name was written; empty when there is none. */
  definedAt(name: string): string {
    return this.entries.get(name)?.definedAt ?? '';
  }

  remove(name: string): void {
    this.entries.delete(name);
  }

  get jobs(): readonly Job[] {
    return [...this.entries.values()].map(({ job }) => job);
  }
}

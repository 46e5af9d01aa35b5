import type { Job } from '../job/job.js';
import type { RunFacts } from './run-facts.js';
import type { RunRef } from './run-ref.js';

/** One tick on its way to the handler. */
export interface Run {
  readonly job: Job;
  readonly ref: RunRef;
  /** Fencing token of the term that claimed it. */
  readonly token: number;
  readonly catchUp: boolean;
  readonly recovering: boolean;
  /** Number of its first attempt: above 1 when earlier ones crashed. */
  readonly attempt: number;
  /** The facts that were recorded when it was claimed. */
  readonly facts: RunFacts;
}

import type { ScheduleEvent } from '../core/events.js';
import type { JobRun } from '../core/run/job-run.js';
import type { ScheduleStatus } from './status.js';

/**
 * The scheduler as health and metrics read it. A class and not an interface, so that Nest can inject it by its type;
 * ScheduleModule provides it.
 */
export abstract class SchedulerView {
  /** The names of the jobs of this process; empty before the application has initialized. */
  abstract readonly jobNames: readonly string[];
  abstract isLeader(): boolean;
  /** Rejects with `NotStartedError` before the application has initialized; does not reject when Redis is away. */
  abstract status(): Promise<ScheduleStatus>;
  /** The newest run of a job that succeeded. */
  abstract lastSuccess(job: string): Promise<JobRun | undefined>;
  /** Calls the listener with all events to come; the function returned removes it. */
  abstract onEvent(listener: (event: ScheduleEvent) => void): () => void;
}

import { RamJobs } from '../adapters/ram/ram-jobs.js';
import type { JobRun } from '../core/run/job-run.js';
import type { RunRecord } from '../ports/history-store.js';
import type { RunState } from '../core/run/run-outcome.js';
import { toJobRun } from '../client/run-view.js';

const NOT_ENDED: readonly RunState[] = ['claimed', 'queued', 'released'];

/** The state of jobs, as in RAM mode, and the outcome of every tick: records that retention drops stay here. */
export class RunLog extends RamJobs {
  private readonly ended: JobRun[] = [];

  override record(...args: Parameters<RamJobs['record']>): RunRecord {
    const record = super.record(...args);
    if (!NOT_ENDED.includes(record.state)) this.ended.push(toJobRun(record));
    return record;
  }

  get size(): number {
    return this.ended.length;
  }

  /** In the order in which they ended, or were decided not to run. */
  get runs(): readonly JobRun[] {
    return [...this.ended];
  }

  /** The first run at or after the index `from` that matches. */
  find(isMatch: (run: JobRun) => boolean, from: number): JobRun | undefined {
    return this.ended.slice(from).find(isMatch);
  }
}

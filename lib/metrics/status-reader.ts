import type { SchedulerView } from '../client/scheduler-view.js';
import type { ScheduleStatus } from '../client/status.js';

/** Reads the status once for all metrics of a scrape. */
export class StatusReader {
  private underWay: Promise<ScheduleStatus | undefined> | undefined;

  constructor(private readonly scheduler: SchedulerView) {}

  /** Never rejects: `undefined` before the application has initialized. Takes no longer than the command timeout. */
  read(): Promise<ScheduleStatus | undefined> {
    return (this.underWay ??= this.scheduler
      .status()
      .catch(() => undefined)
      .finally(() => (this.underWay = undefined)));
  }
}

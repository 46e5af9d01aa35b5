/*
 * Schedules that replace the jobs' own. The store keeps them for all pods: a pod that is notified of a change reads them,
 * and the store lets no job be opened by a leader that does not follow its override.
 */
import type { Job } from '../../core/job/job.js';
import { scheduleOfOverride, sinceOf } from '../../core/schedule/schedule-override.js';
import type { Schedule } from '../../core/schedule/schedule.js';
import type { ClusterStore } from '../../ports/control-store.js';
import type { JobTimers } from '../job-timers.js';
import { isUnknown, type StoreCall } from '../store-call.js';
import type { EventBus } from '../event-bus.js';

export interface ScheduleOverridesDeps {
  readonly cluster: ClusterStore;
  readonly storeCall: StoreCall;
  readonly events: EventBus;
  readonly timers: Pick<JobTimers, 'all'>;
}

export class ScheduleOverrides {
  private readonly followed = new Map<Job, string>();

  constructor(private readonly deps: ScheduleOverridesDeps) {}

  /** The override that a job follows, as the store keeps it; empty: it follows its own schedule. */
  of(job: Job): string {
    return this.followed.get(job) ?? '';
  }

  /** Follows an override, or none: the job's timer uses its schedule from now on. An invalid one leaves the job its own. */
  follow(job: Job, override: string): void {
    if (this.of(job) === override) return;
    if (override === '') this.followed.delete(job);
    else this.followed.set(job, override);
    const schedule = this.scheduleOf(job, override);
    this.deps.timers.all.get(job)?.reschedule(schedule);
    this.deps.events.emit({
      type: 'job.rescheduled',
      job: job.name,
      schedule: schedule.source,
      ownSchedule: job.schedule.source,
      since: sinceOf(override),
    });
  }

  /** Reads the overrides of all jobs. Resolves to the jobs whose schedule has changed; without an answer to `undefined`. */
  async sync(): Promise<readonly Job[] | undefined> {
    const { cluster, storeCall, timers } = this.deps;
    const jobs = [...timers.all.keys()];
    const names = jobs.map(({ name }) => name);
    const answer = await storeCall.call((signal, onPage) => cluster.states(names, signal, onPage));
    if (isUnknown(answer)) return undefined;
    return jobs.filter((job, index) => {
      const override = answer.jobs[index]?.override ?? '';
      const isChanged = this.of(job) !== override;
      if (isChanged) this.follow(job, override);
      return isChanged;
    });
  }

  forget(job: Job): void {
    this.followed.delete(job);
  }

  private scheduleOf(job: Job, override: string): Schedule {
    if (override === '') return job.schedule;
    try {
      return scheduleOfOverride(override);
    } catch (error) {
      this.deps.events.emit({ type: 'job.override-invalid', job: job.name, override, error });
      return job.schedule;
    }
  }
}

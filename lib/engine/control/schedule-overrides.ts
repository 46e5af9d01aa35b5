/*
 * Schedules that people put in place of the jobs' own. They stand in the store, for all pods: one that is told of a
 * change reads them, and the store lets no job be opened by a leader that does not follow its order.
 */
import type { Job } from '../../core/job/job.js';
import { scheduleOfOverride, sinceOf } from '../../core/schedule/schedule-override.js';
import type { Schedule } from '../../core/schedule/schedule.js';
import type { ClusterStore } from '../../ports/control-store.js';
import type { JobTimer } from '../../ports/ticker.js';
import { isUnknown, type StoreCall } from '../store-call.js';
import type { EventBus } from '../event-bus.js';

export interface ScheduleOverridesDeps {
  readonly cluster: ClusterStore;
  readonly storeCall: StoreCall;
  readonly events: EventBus;
  readonly timers: ReadonlyMap<Job, JobTimer>;
}

export class ScheduleOverrides {
  private readonly followed = new Map<Job, string>();

  constructor(private readonly deps: ScheduleOverridesDeps) {}

  /** The order that a job follows, as it stands in the store; empty: it goes by its own schedule. */
  of(job: Job): string {
    return this.followed.get(job) ?? '';
  }

  /** Follows an order, or none: the job's timer goes by its schedule from now on. One that cannot be read leaves its own. */
  follow(job: Job, override: string): void {
    if (this.of(job) === override) return;
    if (override === '') this.followed.delete(job);
    else this.followed.set(job, override);
    const schedule = this.scheduleOf(job, override);
    this.deps.timers.get(job)?.reschedule(schedule);
    this.deps.events.emit({
      type: 'job.rescheduled',
      job: job.name,
      schedule: schedule.source,
      ownSchedule: job.schedule.source,
      since: sinceOf(override),
    });
  }

  /** Reads the overrides of all jobs. Resolves to those that go by another schedule now; to `undefined` when there is no answer. */
  async sync(): Promise<readonly Job[] | undefined> {
    const { cluster, storeCall, timers } = this.deps;
    const jobs = [...timers.keys()];
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

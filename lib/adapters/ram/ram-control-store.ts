import {
  ALL_JOBS,
  EXPIRED_SHOWN_MS,
  type ControlStore,
  type Pause,
  type PauseRequest,
  type RequestsPage,
  type RunRequest,
  type RunWish,
  type StartRequest,
} from '../../ports/control-store.js';
import { withoutSince, withSince } from '../../core/schedule/schedule-override.js';
import type { ControlSignal } from '../../ports/lease-store.js';
import type { RunRef } from '../../core/run/run-ref.js';
import { requestAgeMs } from './request-age.js';
import { slotOf, type RamJob, type RamJobs } from './ram-jobs.js';

/** The control of the scheduler of one process: pauses, overrides, requested and aborted runs. */
export class RamControlStore implements ControlStore {
  /** @param notify notifies the engine at once; in memory no signal is lost */
  constructor(
    private readonly jobs: RamJobs,
    private readonly notify: (signal: ControlSignal) => void,
  ) {}

  async pause({ job, forMs, reason }: PauseRequest): Promise<Pause> {
    const { now } = this.jobs;
    const place = this.placeOf(job);
    const from = place.pause !== undefined && place.pause.until > now ? place.pause.from : now;
    place.pause = { from, until: now + Math.ceil(forMs), reason };
    return place.pause;
  }

  async resume(job: string): Promise<boolean> {
    const { now } = this.jobs;
    const place = job === ALL_JOBS ? this.jobs : this.jobs.read(job);
    if (place.pause === undefined || place.pause.until <= now) return false;
    place.pause = { ...place.pause, until: now };
    for (const name of job === ALL_JOBS ? this.jobs.names : [job])
      this.notify({ kind: 'run-ended', job: name });
    return true;
  }

  async requestRun({ id, job }: RunWish): Promise<RunRequest> {
    const decidedAt = this.decidedAt(id, job);
    if (decidedAt !== undefined) return { id, job, tick: decidedAt };
    const request = this.jobs.requests.get(id) ?? { id, job, tick: this.jobs.now };
    this.jobs.requests.set(id, request);
    this.notify({ kind: 'run-requested' });
    return request;
  }

  /** At the start of a version: once for each process. */
  async requestStarts({ starts }: StartRequest): Promise<readonly string[]> {
    const { requests, started, now } = this.jobs;
    const unseen = starts.filter(({ handle }) => !started.has(handle));
    for (const { job, handle } of unseen) {
      started.add(handle);
      requests.set(handle, { id: handle, job, tick: now });
    }
    return unseen.map(({ job }) => job);
  }

  async withdraw(id: string): Promise<boolean> {
    return this.jobs.requests.delete(id);
  }

  async requests(): Promise<RequestsPage> {
    const { requests, now } = this.jobs;
    const lateMs = ({ id, tick }: RunRequest) => now - tick - requestAgeMs(id);
    const expired = [...requests.values()].filter(request => lateMs(request) >= EXPIRED_SHOWN_MS);
    for (const { id } of expired) requests.delete(id);
    const standing = [...requests.values()].filter(request => lateMs(request) < 0);
    return { requests: standing, expired, next: undefined };
  }

  async requestAbort(run: RunRef): Promise<boolean> {
    const job = this.jobs.read(run.job);
    const open = job.open.get(slotOf(run));
    const goesOn = open?.record.state === 'claimed' && open.record.runId === run.runId;
    if (!goesOn || open.liveUntil <= this.jobs.now) return false;
    job.aborts.add(run.runId);
    this.notify({ kind: 'abort-requested', runId: run.runId });
    return true;
  }

  async reschedule(job: string, override = ''): Promise<void> {
    const known = this.jobs.get(job);
    if (withoutSince(known.override) !== override) known.override = withSince(override, this.jobs.now);
    this.notify({ kind: 'rescheduled' });
  }

  /** The tick of the run that the request has led to, as long as that is known. */
  private decidedAt(handle: string, name: string): number | undefined {
    const job = this.jobs.read(name);
    const known = [job.lastManual, ...[...job.open.values()].map(({ record }) => record)];
    return known.find(record => record?.handle === handle)?.tick;
  }

  private placeOf(job: string): Pick<RamJob, 'pause'> {
    return job === ALL_JOBS ? this.jobs : this.jobs.get(job);
  }
}

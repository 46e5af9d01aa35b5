import { elapsedMs, type Instant } from '../../core/election/instant.js';
import { pagesOf, settingsOf, type JobSet } from '../../core/election/job-set.js';
import type { Job } from '../../core/job/job.js';
import type { Schedule } from '../../core/schedule/schedule.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { PodFacts } from '../../core/run/run-facts.js';
import type { Candidacy, CandidateStore } from '../../ports/candidate-store.js';
import type { Clock } from '../../ports/clock.js';
import type { JobTimers } from '../job-timers.js';
import type { EngineErrors } from '../engine-errors.js';
import { isUnknown, type StoreCall } from '../store-call.js';
import type { ScheduleOverrides } from '../control/schedule-overrides.js';

export interface OwnJobSetDeps {
  readonly pod: PodFacts;
  readonly timers: Pick<JobTimers, 'all'>;
  readonly overrides: Pick<ScheduleOverrides, 'of'>;
  readonly store: CandidateStore;
  readonly storeCall: StoreCall;
  readonly timing: Pick<ElectionTiming, 'intervalMs'>;
  readonly clock: Clock;
  readonly errors: EngineErrors;
  /** The set is published: its digest goes out with the next attempt. */
  readonly onPublished: () => void;
}

interface Row {
  readonly job: Job;
  readonly schedule: Schedule;
  readonly isStopped: boolean;
}

/** The jobs of this pod, as they are now, and what is published of them. */
export class OwnJobSet {
  private rows: readonly Row[] | undefined;
  private set: JobSet = { app: '', version: '', jobs: new Map() };
  private pages: readonly string[] = [];
  private digest = '';
  private published = '';
  private publishing = '';
  /** The set that was sent last, and when: the same one is sent again after an interval at the earliest. */
  private sent: { readonly jobSet: string; readonly at: Instant } | undefined;
  private nextPage = 0;

  constructor(private readonly deps: OwnJobSetDeps) {}

  /** The set as it is now. One that has changed, or that could not be published before, is published. */
  now(): JobSet {
    const rows = this.read();
    if (this.rows === undefined || !isSame(rows, this.rows)) this.take(rows);
    if (this.published !== this.digest && this.mayPublish())
      this.deps.errors.inBackground(this.publish(this.digest));
    return this.set;
  }

  /** The note of it that an attempt carries. Each attempt touches another page, so that none reaches its age limit. */
  note(): Pick<Candidacy, 'jobSet' | 'page'> {
    const { published, pages } = this;
    // While another set is being published, the note is empty: the old set may promise too much.
    if (published === '' || published !== this.digest) return { jobSet: '', page: undefined };
    const index = (this.nextPage += 1) % pages.length;
    return { jobSet: published, page: { index, bytes: pages[index]?.length ?? 0 } };
  }

  /** A page is gone: all are published again. */
  pageLost(): void {
    this.published = '';
  }

  private read(): Row[] {
    const { timers, overrides } = this.deps;
    return [...timers.all].map(([job, timer]) => {
      // One that was put in place of its own holds for all pods alike.
      const own = overrides.of(job) === '' ? timer.activeSchedule?.schedule : undefined;
      return { job, schedule: own ?? job.schedule, isStopped: timer.isStopped };
    });
  }

  private take(rows: readonly Row[]): void {
    const { pod, store } = this.deps;
    this.rows = rows;
    const jobs = rows.map(({ job, schedule, isStopped }) => {
      const facts = { schedule: schedule.fingerprint, settings: settingsOf(job), isStopped };
      return [job.name, facts] as const;
    });
    this.set = { app: pod.app, version: pod.version, jobs: new Map(jobs) };
    this.pages = pagesOf(this.set);
    this.digest = store.digestOf(this.pages);
  }

  /** A store that refuses the pages, or loses them at once, is not written to without a pause. */
  private mayPublish(): boolean {
    const { publishing, digest, sent } = this;
    const { clock, timing } = this.deps;
    if (publishing === digest) return false;
    return sent?.jobSet !== digest || elapsedMs(sent.at, clock.now()) >= timing.intervalMs;
  }

  private async publish(jobSet: string): Promise<void> {
    const { store, storeCall, onPublished, clock } = this.deps;
    const { pages } = this;
    this.publishing = jobSet;
    this.sent = { jobSet, at: clock.now() };
    let isDone = true;
    for (const [index, text] of pages.entries()) {
      const answer = await storeCall.call(signal => store.publish({ jobSet, index, text }, signal));
      isDone &&= !isUnknown(answer);
      if (!isDone) break;
    }
    this.publishing = '';
    if (!isDone || jobSet !== this.digest) return;
    this.published = jobSet;
    onPublished();
  }
}

function isSame(some: readonly Row[], others: readonly Row[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ job, schedule, isStopped }, index) => {
      const other = others[index];
      return other?.job === job && other.schedule === schedule && other.isStopped === isStopped;
    })
  );
}

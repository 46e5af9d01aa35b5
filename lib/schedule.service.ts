import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';

import { InvalidOptionsError, NotStartedError, UnknownJobError } from './core/errors.js';
import type { ScheduleEvent } from './core/events.js';
import type { JobRun, RunOutcome } from './core/job-run.js';
import type { RunPlace } from './core/run-order.js';
import { isUnknown } from './engine/asker.js';
import type { HistoryStore, RunRecord } from './ports/history-store.js';
import { eventStream } from './schedule.event-stream.js';
import { toJobRun } from './schedule.history.js';
import { ScheduleRuntime } from './schedule.runtime.js';

/** Which part of the past is wanted. */
export interface RunQuery {
  /** At most so many, the newest; up to 10,000. @default 50 */
  readonly limit?: number;
  /** Only ticks before this instant; or, to page on, what follows this entry, the last one of the page before. */
  readonly before?: Date | RunCursor | undefined;
  /** Only what came out so. */
  readonly outcome?: EndOutcome | readonly EndOutcome[];
}

/** What is needed of an entry to page on from it. */
export type RunCursor = Pick<JobRun, 'job' | 'tick' | 'runId' | 'manual'>;

/** An outcome that has a place in the history. */
export type EndOutcome = Exclude<RunOutcome, 'running'>;

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;
const END_OUTCOMES: readonly EndOutcome[] = [
  'succeeded',
  'failed',
  'timed-out',
  'aborted',
  'abandoned',
  'skipped',
  'missed',
];

/**
 * What the jobs do and did. In Redis mode the same answers on every pod, whoever ran them; in RAM mode those of this
 * process.
 *
 * Every method rejects with `StoreUnavailableError` when Redis does not answer within the command timeout (1 s,
 * less with a short ttl), with `UnknownJobError` for a job that this application does not have, and with
 * `NotStartedError` before the application has initialized.
 */
@Injectable()
export class ScheduleService {
  /**
   * All that happens on this pod, from now on: see `docs/events.md`. Never completes, never fails. What a subscriber
   * throws is logged, and hurts neither it nor anybody else; an operator that throws ends its own subscription.
   */
  readonly events: Observable<ScheduleEvent>;

  constructor(private readonly runtime: ScheduleRuntime) {
    this.events = eventStream(runtime.events, error => runtime.listenerFailed(error));
  }

  /**
   * What became of past ticks, the newest first: of one job, or of all jobs that ever ran under this lease key.
   * Each job keeps as much as its `history` option says: by default 100 entries, none older than 30 days.
   *
   * Throws `InvalidOptionsError` for a limit, an instant or an outcome that makes no sense.
   */
  async history(job?: string, options: RunQuery = {}): Promise<readonly JobRun[]> {
    if (job !== undefined) this.known(job);
    const { before } = options;
    const states = outcomesOf(options);
    const query = { job, limit: limitOf(options), before: before && placeOf(before), states };
    if (states?.length === 0) return [];
    const records = await this.ask((store, signal) => store.history(query, signal));
    return records.filter(record => this.isKept(record)).map(toJobRun);
  }

  /** The newest run of a job that started and ended, however it did; `undefined` when there was none. */
  async lastRun(job: string): Promise<JobRun | undefined> {
    return this.last(job, 'run');
  }

  /** The newest run of a job that succeeded, be its history entry kept or not; `undefined` when there was none. */
  async lastSuccess(job: string): Promise<JobRun | undefined> {
    return this.last(job, 'success');
  }

  /** The runs that go on now, on whatever pod. */
  async running(): Promise<readonly JobRun[]> {
    const records = await this.ask((store, signal) => store.running(signal));
    return records.map(toJobRun);
  }

  /** What is too old goes with the next run that ends; until then it is not shown. */
  private isKept({ job, tick }: RunRecord): boolean {
    const { clock, jobs } = this.runtime;
    const { maxAgeMs } = jobs.find(job)?.policy.retention ?? { maxAgeMs: Infinity };
    return clock.now().wallMs - tick <= maxAgeMs;
  }

  private async last(job: string, which: 'run' | 'success'): Promise<JobRun | undefined> {
    this.known(job);
    const record = await this.ask((store, signal) => store.last(job, which, signal));
    return record && toJobRun(record);
  }

  private known(job: string): void {
    const { jobs } = this.runtime.jobs;
    if (this.runtime.jobs.find(job) !== undefined) return;
    // Before the application has initialized no job is known.
    if (this.runtime.parts === undefined) throw notStarted();
    throw new UnknownJobError({
      problem: 'There is no job of this name',
      received: job,
      remedy: `There are ${jobs.map(({ name }) => name).join(', ') || 'no jobs at all'}`,
    });
  }

  private async ask<Answer>(
    send: (store: HistoryStore, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const { asker, stores } = this.parts;
    const answer = await asker.ask(signal => send(stores.history, signal));
    if (isUnknown(answer)) throw answer.cause;
    return answer;
  }

  private get parts() {
    const { parts } = this.runtime;
    if (parts !== undefined) return parts;
    throw notStarted();
  }
}

function notStarted(): NotStartedError {
  return new NotStartedError({
    problem: 'The scheduler has not been started',
    remedy: 'Call this after the application has initialized, such as in onApplicationBootstrap',
  });
}

function placeOf(before: Date | RunCursor): number | RunPlace {
  if (before instanceof Date) return instantOf(before);
  const { job, tick, runId, manual } = before;
  return { job, tick: instantOf(tick), runId, manual };
}

function instantOf(before: Date): number {
  const instant: unknown = before instanceof Date ? before.getTime() : undefined;
  if (typeof instant === 'number' && !Number.isNaN(instant)) return instant;
  throw new InvalidOptionsError({
    problem: 'The history is asked for before an instant that is none',
    received: before,
    remedy: 'Give a valid Date, or the last entry of the page before',
  });
}

function outcomesOf({ outcome }: RunQuery): readonly EndOutcome[] | undefined {
  const wanted = outcome === undefined ? undefined : [outcome].flat();
  const unknown = wanted?.find(one => !END_OUTCOMES.includes(one));
  if (unknown === undefined) return wanted;
  throw new InvalidOptionsError({
    problem: 'The history is asked for an outcome that there is not',
    received: unknown,
    remedy: `There are ${END_OUTCOMES.join(', ')}`,
  });
}

function limitOf({ limit = DEFAULT_LIMIT }: RunQuery): number {
  if (Number.isInteger(limit) && limit > 0 && limit <= MAX_LIMIT) return limit;
  throw new InvalidOptionsError({
    problem: `The limit of a history is a whole number from 1 to ${MAX_LIMIT}`,
    received: limit,
    remedy: `Leave it out for ${DEFAULT_LIMIT}, and page on with \`before\` where more is wanted`,
  });
}

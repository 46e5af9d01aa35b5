/*
 * Runs of jobs at the start of a version (`runAtStart`). When the gate has opened in a term, the leader requests a run of
 * each such job under the handle of its version and the job. The store does so only for a handle that it does not know, in
 * the step in which it remembers it; from then on the run is a requested one.
 */
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Job } from '../../core/job/job.js';
import { pagesOf } from '../../core/pages.js';
import type { PodFacts } from '../../core/run/run-facts.js';
import { startHandle } from '../../core/run/start-handle.js';
import type { Clock } from '../../ports/clock.js';
import type { ControlStore, StartWish } from '../../ports/control-store.js';
import type { CallWhileLeading } from '../call-while-leading.js';
import type { LeaderElector } from '../election/elector.js';
import type { CatchUpGate } from '../ticks/catch-up-gate.js';
import type { RunRequests } from './run-requests.js';

export interface StartRunsDeps {
  readonly podId: string;
  readonly pod: PodFacts;
  readonly control: Pick<ControlStore, 'requestStarts'>;
  readonly elector: Pick<LeaderElector, 'fenced'>;
  readonly whileLeading: CallWhileLeading;
  readonly requests: Pick<RunRequests, 'settle'>;
  readonly gate: CatchUpGate;
  readonly clock: Clock;
}

/** A version is remembered for as long as the history of the job, and for at least this time. */
const LEAST_KEPT_MS = 7 * 86_400_000;

/**
 * A term may last for months: the handles are sent again after this time, so that the store sees that the version leads, and
 * so that requests that wait do not expire.
 */
const SEEN_EVERY_MS = 12 * 3_600_000;

/** The store is asked about this many jobs at once. */
const JOBS_A_PAGE = 250;

interface Sent {
  readonly token: number;
  readonly since: Instant;
  readonly jobs: Set<Job>;
}

export class StartRuns {
  /** The jobs whose handles were sent in the term of this token, or are being sent. */
  private sent: Sent | undefined;

  constructor(private readonly deps: StartRunsDeps) {}

  /**
   * Requests the runs of these jobs, which tick in the term of this token. A job that is stopped when the gate opens is
   * requested by a later call, with a renewal.
   */
  async settle(jobs: readonly Job[], token: number): Promise<void> {
    const { gate, requests, elector } = this.deps;
    const sent = this.sentIn(token);
    const starting = jobs.filter(job => job.policy.runAtStart && !sent.jobs.has(job));
    if (!gate.isOpen || starting.length === 0) return;
    for (const job of starting) sent.jobs.add(job);
    for (const page of pagesOf(starting, JOBS_A_PAGE)) {
      const answer = await this.request(
        page.map(job => this.wishFor(job)),
        token,
      );
      if (answer === 'fenced') return elector.fenced(token);
    }
    await requests.settle(token);
  }

  private sentIn(token: number): Sent {
    const now = this.deps.clock.now();
    const { sent } = this;
    const isOfNow = sent?.token === token && elapsedMs(sent.since, now) < SEEN_EVERY_MS;
    this.sent = isOfNow ? sent : { token, since: now, jobs: new Set() };
    return this.sent;
  }

  private request(starts: readonly StartWish[], token: number): Promise<'requested' | 'fenced' | undefined> {
    const { whileLeading, control, podId } = this.deps;
    return whileLeading.call(token, async signal => {
      const jobs = await control.requestStarts({ podId, token, starts }, signal);
      return jobs === undefined ? 'fenced' : 'requested';
    });
  }

  private wishFor({ name, policy }: Job): StartWish {
    const handle = startHandle(this.deps.pod.version, name);
    return { job: name, handle, keptMs: Math.max(LEAST_KEPT_MS, policy.retention.maxAgeMs) };
  }
}

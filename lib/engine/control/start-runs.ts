/*
 * Runs of jobs at the start of a version (`runAtStart`). When the gate has opened in a term, the leader requests a run of
 * each such job under the handle of its version and the job. The store does so only for a handle that it does not know, in
 * the step in which it remembers it; from then on the run is a requested one.
 */
import type { Job } from '../../core/job/job.js';
import { pagesOf } from '../../core/pages.js';
import type { PodFacts } from '../../core/run/run-facts.js';
import { startHandle } from '../../core/run/start-handle.js';
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
}

/** A version is remembered for as long as the history of the job, and for at least this time. */
const LEAST_KEPT_MS = 7 * 86_400_000;

/** The store is asked about this many jobs at once. */
const JOBS_A_PAGE = 250;

export class StartRuns {
  /** The jobs whose runs were requested in the term of this token, or are being requested. */
  private term: { readonly token: number; readonly jobs: Set<Job> } = { token: -1, jobs: new Set() };

  constructor(private readonly deps: StartRunsDeps) {}

  /**
   * Requests the runs of these jobs, which tick in the term of this token. Those that were stopped when the gate opened
   * come with a later call.
   */
  async settle(jobs: readonly Job[], token: number): Promise<void> {
    const { gate, requests, elector } = this.deps;
    if (this.term.token !== token) this.term = { token, jobs: new Set() };
    const { jobs: known } = this.term;
    const starting = jobs.filter(job => job.policy.runAtStart && !known.has(job));
    if (!gate.isOpen || starting.length === 0) return;
    for (const job of starting) known.add(job);
    for (const page of pagesOf(starting, JOBS_A_PAGE)) {
      const answer = await this.request(
        page.map(job => this.wishFor(job)),
        token,
      );
      if (answer === 'fenced') return elector.fenced(token);
    }
    await requests.settle(token);
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

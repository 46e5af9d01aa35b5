import type { RunRecord } from '../../ports/history-store.js';
import type { ControlSignal } from '../../ports/lease-store.js';
import type {
  AdoptAnswer,
  Adoption,
  AdoptRequest,
  Claim,
  ClaimAnswer,
  ClaimRequest,
  FinishAnswer,
  FinishRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
  JobToOpen,
  OpenAnswer,
  OpenedWatermark,
  OpenRequest,
  ReleaseAnswer,
  RunStore,
  TermRef,
  UnfinishedPage,
} from '../../ports/run-store.js';
import type { RunRef } from '../../core/run/run-ref.js';
import { pageOfUnfinished } from './page-of-unfinished.js';
import { NOT_LIVE, slotOf, type OpenRun, type RamJob, type RamJobs } from './ram-jobs.js';
import { RamTickClaim } from './ram-tick-claim.js';

/** A leader may ask again within this time whether it abandoned a run. */
const ABANDONED_KNOWN_MS = 3_600_000;

/** Reads which term leads, for the runs. */
export interface LeaseCheck {
  isHeldBy(podId: string, token: number): boolean;
}

/**
 * Claims and runs in the memory of one process: the same answers as in Redis, for that process. They keep a tick
 * from starting twice in it: a wall clock set back, or a timer that fires twice, finds the tick taken.
 */
export class RamRunStore implements RunStore {
  /** By term: the adoptions by which runs were abandoned with its last page, and until when they are known. */
  private readonly abandoned = new Map<
    string,
    { readonly asked: ReadonlySet<string>; readonly until: number }
  >();

  constructor(
    private readonly jobs: RamJobs,
    private readonly lease: LeaseCheck,
    private readonly notify: (signal: ControlSignal) => void = () => undefined,
  ) {}

  async open({ jobs, ...term }: OpenRequest): Promise<OpenAnswer> {
    if (!this.leads(term)) return { kind: 'fenced' };
    return {
      kind: 'opened',
      now: this.jobs.now,
      watermarks: jobs.map(job => this.openJob(this.jobs.get(job.job), job)),
    };
  }

  async claim({ claims, lockMs, ...term }: ClaimRequest): Promise<readonly ClaimAnswer[]> {
    const request = { ...term, lockMs, leads: this.leads(term) };
    return claims.map((claim: Claim) => new RamTickClaim(this.jobs, claim, request).decide());
  }

  async heartbeat({ lockMs, runs }: HeartbeatRequest): Promise<readonly HeartbeatAnswer[]> {
    return runs.map(run => {
      const open = this.claimed(run);
      if (open === undefined || open.liveUntil < 0) return 'lost';
      open.liveUntil = this.jobs.now + lockMs;
      return this.jobs.read(run.job).aborts.has(run.runId) ? 'aborted' : 'kept';
    });
  }

  async finish(requests: readonly FinishRequest[]): Promise<readonly FinishAnswer[]> {
    return requests.map(request => this.finishOne(request));
  }

  private finishOne(request: FinishRequest): FinishAnswer {
    const { state, attempt, facts } = request;
    const job = this.jobs.read(request.job);
    const open = this.claimed(request);
    if (open === undefined) return this.hasFinished(job, request) ? 'finished' : 'stale';
    const record = this.jobs.record(request, state, { token: open.record.token, attempt, facts });
    this.end(job, open.record, record, request);
    return 'finished';
  }

  async release(run: RunRef): Promise<ReleaseAnswer> {
    const job = this.jobs.read(run.job);
    const open = job.open.get(slotOf(run));
    if (open?.record.runId !== run.runId) return 'stale';
    if (open.record.state !== 'released') this.giveBack(job, open);
    return 'released';
  }

  async unfinished(after: string): Promise<UnfinishedPage> {
    const open = this.jobs.all().flatMap(job => [...job.open.values()]);
    return pageOfUnfinished(open, after, this.jobs.now);
  }

  async adopt({ orphans, lockMs, ...term }: AdoptRequest): Promise<readonly AdoptAnswer[]> {
    const answers = orphans.map(adoption => this.settle(adoption, lockMs, term));
    const asked = orphans.filter((_, at) => answers[at]?.kind === 'abandoned').map(questionOf);
    if (asked.length > 0) this.keepAbandoned(term, new Set(asked));
    return answers;
  }

  private keepAbandoned(term: TermRef, asked: ReadonlySet<string>): void {
    const { now } = this.jobs;
    for (const [other, { until }] of this.abandoned) if (until <= now) this.abandoned.delete(other);
    this.abandoned.set(termKey(term), { asked, until: now + ABANDONED_KNOWN_MS });
  }

  private leads({ podId, token }: TermRef): boolean {
    return this.lease.isHeldBy(podId, token);
  }

  private openJob(
    job: RamJob,
    { schedule, override = '', from = this.jobs.now }: JobToOpen,
  ): OpenedWatermark {
    job.removedAt = undefined;
    if (job.override !== override) return { override: job.override };
    const isAsBefore = (job.schedule ?? schedule) === schedule;
    const watermark =
      isAsBefore && job.hwm !== undefined ? job.hwm : Math.max(job.hwm ?? 0, Math.min(from, this.jobs.now));
    job.hwm = watermark;
    job.schedule = schedule;
    return watermark;
  }

  private claimed(run: RunRef): OpenRun | undefined {
    const open = this.jobs.read(run.job).open.get(slotOf(run));
    return open?.record.state === 'claimed' && open.record.runId === run.runId ? open : undefined;
  }

  private hasFinished(job: RamJob, request: FinishRequest): boolean {
    const { state, runId } = request;
    const slot = slotOf(request);
    const remembered = job.lastRun && slotOf(job.lastRun) === slot ? job.lastRun : undefined;
    return [job.endedAs(slot), remembered].some(record => record?.state === state && record.runId === runId);
  }

  private end(
    job: RamJob,
    claimed: RunRecord,
    record: RunRecord,
    { retention }: Pick<FinishRequest, 'retention'>,
  ): void {
    job.end(record, retention, this.jobs.now);
    job.aborts.delete(record.runId);
    this.letGo(job, claimed);
    job.remember(record, retention);
  }

  private giveBack(job: RamJob, open: OpenRun): void {
    const { record } = open;
    job.aborts.delete(record.runId);
    open.record = this.jobs.record(record, 'released', { ...record, reason: '' });
    open.liveUntil = NOT_LIVE;
    this.letGo(job, record);
  }

  private letGo(job: RamJob, run: RunRecord): void {
    if (job.letGo(run)) this.notify({ kind: 'run-ended', job: run.job });
  }

  private settle(adoption: Adoption, lockMs: number, term: TermRef): AdoptAnswer {
    const { orphan, runId, wish } = adoption;
    const job = this.jobs.read(orphan.job);
    // The earlier reply was lost.
    if (this.abandoned.get(termKey(term))?.asked.has(questionOf(adoption)) === true)
      return { kind: 'abandoned' };
    if (!this.leads(term) || job.token > term.token) return { kind: 'fenced' };
    const { handle = orphan.runId } = orphan;
    const again = this.claimed({ ...orphan, handle, runId });
    if (again !== undefined) return this.settleAgain(again, lockMs);
    const open = job.open.get(slotOf(orphan));
    if (open === undefined || open.liveUntil > this.jobs.now) return { kind: 'left' };
    if (open.record.runId !== orphan.runId) return { kind: 'left' };
    if (open.record.state !== 'claimed') return this.settleUnstarted(job, open);
    // Its abort was requested.
    if (wish === 'abandon' || job.aborts.has(orphan.runId)) return this.abandon(job, open, adoption);
    // Nothing of the schedule starts during a pause: it is run again afterwards.
    const isPaused = [job.pause, this.jobs.pause].some(pause => (pause?.until ?? 0) > this.jobs.now);
    if (isPaused && !orphan.manual) return { kind: 'left' };
    return this.recover(job, open, adoption, lockMs, term);
  }

  /** The earlier reply was lost. */
  private settleAgain(again: OpenRun, lockMs: number): AdoptAnswer {
    if (again.liveUntil < 0) return { kind: 'left' };
    again.liveUntil = this.jobs.now + lockMs;
    return { kind: 'recovered', attempt: again.record.attempt };
  }

  private settleUnstarted(job: RamJob, open: OpenRun): AdoptAnswer {
    if (open.record.state === 'queued') this.giveBack(job, open);
    return { kind: 'released' };
  }

  private abandon(job: RamJob, { record }: OpenRun, adoption: Adoption): AdoptAnswer {
    // When it was claimed, which its new state would hide.
    const facts = { ...record.facts, startedAt: record.at };
    this.end(job, record, this.jobs.record(record, 'abandoned', { ...record, reason: '', facts }), adoption);
    return { kind: 'abandoned' };
  }

  private recover(
    job: RamJob,
    open: OpenRun,
    adoption: Adoption,
    lockMs: number,
    { token }: TermRef,
  ): AdoptAnswer {
    const { orphan, runId, facts } = adoption;
    const slot = slotOf(orphan);
    const needsLock = job.lock === slot || open.liveUntil < 0;
    const other = job.lock === undefined || job.lock === slot ? undefined : job.open.get(job.lock);
    if (needsLock && other !== undefined && other.liveUntil > this.jobs.now) return { kind: 'left' };
    const attempt = open.record.attempt + 1;
    const { handle = orphan.runId } = orphan;
    const renewed = { ...orphan, handle, runId };
    job.open.set(slot, {
      record: this.jobs.record(renewed, 'claimed', { token, attempt, facts }),
      liveUntil: this.jobs.now + lockMs,
    });
    job.token = token;
    if (needsLock) job.lockFor(slot);
    return { kind: 'recovered', attempt };
  }
}

function termKey({ podId, token }: TermRef): string {
  return `${podId}|${token}`;
}

function questionOf({ orphan, runId }: Adoption): string {
  return `${orphan.runId}|${runId}`;
}

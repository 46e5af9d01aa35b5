import { isStartHandle } from '../../core/run/start-handle.js';
import { EARLY_MS } from '../../core/tick/early-claim.js';
import type { Claim, ClaimAnswer, TermRef } from '../../ports/run-store.js';
import { requestAgeMs } from './request-age.js';
import { isPaused, NOT_LIVE, slotOf, type OpenRun, type RamJob, type RamJobs } from './ram-jobs.js';

/** A crashed run that is to be run again is adopted within about this time. */
const ADOPTED_IN_MS = 100;

interface Terms extends TermRef {
  readonly lockMs: number;
  readonly leads: boolean;
}

/** One claim, decided by the checks of the port, in their order; `undefined` from a check means: go on. */
export class RamTickClaim {
  private readonly job: RamJob;
  private readonly slot: string;
  private readonly now: number;

  constructor(
    private readonly jobs: RamJobs,
    private readonly claim: Claim,
    private readonly terms: Terms,
  ) {
    this.job = jobs.get(claim.job);
    this.slot = slotOf(claim);
    this.now = jobs.now;
  }

  decide(): ClaimAnswer {
    return (
      this.byRecord() ??
      this.byTerm() ??
      this.byRequest() ??
      this.byStart() ??
      this.bySchedule() ??
      this.byIntent() ??
      this.byOverlap() ??
      this.start()
    );
  }

  private byRecord(): ClaimAnswer | undefined {
    if (this.job.hasEnded(this.slot)) return { kind: 'taken' };
    const open = this.job.open.get(this.slot);
    if (open === undefined || open.record.state === 'released') return undefined;
    const isOurs = open.record.runId === this.claim.runId;
    if (open.record.state === 'claimed' && isOurs) return this.again(open);
    return isOurs ? undefined : { kind: 'taken' };
  }

  /** The earlier reply was lost; unless the run lock was, too, meanwhile, it counts from now. */
  private again(open: OpenRun): ClaimAnswer {
    if (open.liveUntil < 0) return { kind: 'taken' };
    open.liveUntil = this.now + this.terms.lockMs;
    return granted('mine', open.record.attempt);
  }

  private byTerm(): ClaimAnswer | undefined {
    return this.terms.leads && this.job.token <= this.terms.token ? undefined : { kind: 'fenced' };
  }

  private byRequest(): ClaimAnswer | undefined {
    const { isRequested = false, handle = '' } = this.claim;
    if (!isRequested || this.job.open.has(this.slot)) return undefined;
    const isTooOld = this.now - this.claim.tick >= requestAgeMs(handle);
    return this.jobs.requests.has(handle) && !isTooOld ? undefined : { kind: 'taken' };
  }

  /** At the start of a version: it waits for the end of a pause. */
  private byStart(): ClaimAnswer | undefined {
    const { manual, intent, handle } = this.claim;
    if (!manual || intent !== 'run' || !isStartHandle(handle)) return undefined;
    const waitMs = Math.max(this.jobs.pause?.until ?? 0, this.job.pause?.until ?? 0) - this.now;
    return waitMs > 0 ? { kind: 'blocked', waitMs } : undefined;
  }

  private bySchedule(): ClaimAnswer | undefined {
    const { manual, intent, tick } = this.claim;
    if (manual) return undefined;
    const isPast = !this.job.open.has(this.slot) && tick <= (this.job.hwm ?? 0);
    // Before the pause, which may end until then; and no decision about a tick moves the watermark into the future.
    if (!isPast && tick > this.now + EARLY_MS) return { kind: 'early', waitMs: tick - this.now };
    if (intent === 'run' && [this.jobs.pause, this.job.pause].some(one => isPaused(one, tick, this.now)))
      return this.dismiss('skipped', 'paused', { kind: 'paused' });
    return isPast ? { kind: 'past' } : undefined;
  }

  private byIntent(): ClaimAnswer | undefined {
    const { intent, reason } = this.claim;
    return intent === 'run' ? undefined : this.dismiss(intent, reason, { kind: 'noted' });
  }

  private byOverlap(): ClaimAnswer | undefined {
    const { overlap, recover, manual } = this.claim;
    const { lock } = this.job;
    if (overlap === 'allow' || lock === undefined || lock === this.slot) return undefined;
    const holder = this.job.open.get(lock);
    const leftMs = (holder?.liveUntil ?? NOT_LIVE) - this.now;
    // A crashed run that is to be run again goes first.
    const isAwaited = leftMs <= 0 && recover && holder?.record.state === 'claimed';
    const liveMs = isAwaited ? ADOPTED_IN_MS : leftMs;
    if (liveMs <= 0) return undefined;
    if (manual && isStartHandle(this.claim.handle)) return { kind: 'blocked', waitMs: liveMs };
    const isOfThisTerm = holder?.record.token === this.terms.token;
    if (overlap === 'skip' && !manual && (isAwaited || !isOfThisTerm)) {
      this.job.blockedAt = this.now;
      return { kind: 'blocked', waitMs: liveMs };
    }
    if (overlap === 'skip') return this.dismiss('skipped', 'running', { kind: 'overlap', reason: 'running' });
    if (this.isQueueFull())
      return this.dismiss('skipped', 'queue-full', { kind: 'overlap', reason: 'queue-full' });
    return this.enqueue(liveMs);
  }

  private isQueueFull(): boolean {
    const { queued } = this.job;
    if (queued === undefined || queued === this.slot) return false;
    return this.job.open.get(queued)?.record.state === 'queued';
  }

  private enqueue(waitMs: number): ClaimAnswer {
    this.noteDecision();
    if (this.job.open.get(this.slot)?.record.state !== 'queued') this.write('queued', NOT_LIVE);
    this.job.queued = this.slot;
    return { kind: 'queued', waitMs };
  }

  private start(): ClaimAnswer {
    this.noteDecision();
    if (this.claim.overlap !== 'allow') this.job.lockFor(this.slot);
    return granted('go', this.write('claimed', this.now + this.terms.lockMs));
  }

  /** A tick that was adopted and released has been attempted before. */
  private write(state: 'claimed' | 'queued', liveUntil: number): number {
    const { token } = this.terms;
    const attempt = this.job.open.get(this.slot)?.record.attempt ?? 1;
    const record = this.jobs.record(this.claim, state, { token, attempt, facts: this.claim.facts });
    this.job.open.set(this.slot, { record, liveUntil });
    return attempt;
  }

  private dismiss(state: 'skipped' | 'missed', reason: string, answer: ClaimAnswer): ClaimAnswer {
    this.noteDecision();
    const { retention, facts } = this.claim;
    const record = this.jobs.record(this.claim, state, { token: this.terms.token, reason, facts });
    this.job.end(record, retention, this.now);
    return answer;
  }

  private noteDecision(): void {
    const { manual, tick, isRequested, handle = '' } = this.claim;
    if (isRequested === true) this.jobs.requests.delete(handle);
    this.job.token = this.terms.token;
    if (!manual) this.job.hwm = Math.max(this.job.hwm ?? 0, tick);
    if (this.job.queued === this.slot) this.job.queued = undefined;
  }
}

function granted(kind: 'go' | 'mine', attempt: number): ClaimAnswer {
  return attempt > 1 ? { kind, attempt } : { kind };
}

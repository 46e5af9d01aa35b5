/*
 * Where a job stands in a term: which ticks of its schedule were taken, which are due, and whether a run of an earlier term
 * blocks it. Nothing is decided of a blocked job: with each poll, older ticks would be given up. Ticks that fell due meanwhile
 * were missed.
 */
import type { Job } from '../../core/job/job.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import { missedSpan, planCatchUp } from '../../core/tick/catch-up-plan.js';
import { AHEAD_MS } from '../../core/tick/overdue.js';
import { TickCursor } from '../../core/tick/tick-cursor.js';
import type { Clock, Timer } from '../../ports/clock.js';
import type { ActiveSchedule } from '../../ports/ticker.js';
import type { LeaderElector } from '../election/elector.js';
import type { EngineErrors } from '../engine-errors.js';
import type { StoreClock } from '../election/store-clock.js';
import type { CatchUpGate } from './catch-up-gate.js';
import type { JobInbox, PlacedEvent } from './job-event.js';
import type { DueTick } from './tick.js';

export type Standing = 'unplaced' | 'placed' | 'blocked' | 'settling' | 'resuming';
type Step = 'open' | 'early' | 'block' | 'settle' | 'resume' | 'plan' | 'displace';

/** For each state, what can happen in it and which state follows. */
export const POSITION_TRANSITIONS: Readonly<Record<Standing, Readonly<Partial<Record<Step, Standing>>>>> = {
  // It is not known where the job stands.
  unplaced: { open: 'placed' },
  placed: { open: 'placed', early: 'placed', block: 'blocked', displace: 'unplaced' },
  // A run of an earlier term goes on, or its pod has died. Its end is notified; polling is the fallback.
  blocked: { open: 'placed', settle: 'settling', resume: 'resuming', displace: 'unplaced' },
  // The lock of that run may have lapsed: orphans are settled first.
  settling: { open: 'placed', resume: 'resuming', displace: 'unplaced' },
  // Ticks that fell due meanwhile are planned as soon as no answer is awaited.
  resuming: { open: 'placed', plan: 'placed', displace: 'unplaced' },
};

/** A tick that was early is claimed again after this long at least, ms. */
const EARLY_WAIT_MS = 10;

export interface JobPositionDeps {
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly gate: CatchUpGate;
  readonly errors: EngineErrors;
  /** A tick that is found this much later than it was due is a missed one, whichever pod led meanwhile. */
  readonly missedAfterMs: number;
  /** Settles the runs whose pods have died, before a tick is claimed whose lock one of them may hold. */
  readonly settleOrphans: (token: number) => Promise<void>;
}

export class JobPosition {
  /** Whether ticks may be due that were not taken yet. */
  mayBeDue = false;
  standing: Standing = 'unplaced';
  /** The token of the term in which it is placed; 0: of none. */
  token = 0;
  /** By what it ticks there. */
  activeSchedule: ActiveSchedule;
  /** Ticks up to this instant (Unix ms) are decided. */
  private from = -Infinity;
  private cursor = new TickCursor();
  /** When the lock of the run that blocks the job lapses unless it is kept, on the monotonic clock. */
  private lapsesMono = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly job: Job,
    private readonly inbox: JobInbox,
    private readonly deps: JobPositionDeps,
  ) {
    this.activeSchedule = { schedule: job.schedule, startedAt: -Infinity };
  }

  /** Whether it is known where the job stands in this term, with this schedule. */
  isOf(activeSchedule: ActiveSchedule, token: number): boolean {
    return (
      this.token === token && this.activeSchedule.schedule.fingerprint === activeSchedule.schedule.fingerprint
    );
  }

  /**
   * Whether the job stands at a tick in the future in the term of this token, because the store's clock was set back since
   * that one was decided: nothing starts until then.
   */
  isAhead(token: number): boolean {
    return this.token === token && this.newest > this.deps.storeClock.nowMs + AHEAD_MS;
  }

  /** Whether a run of an earlier term blocks the job. */
  get isBlocked(): boolean {
    return this.standing !== 'unplaced' && this.standing !== 'placed';
  }

  /** The ticks in `(watermark, now]` (Unix ms) were missed; those after them are due from now on, in the term of this token. */
  place({ activeSchedule, token, watermark, now }: PlacedEvent): readonly DueTick[] {
    // The ticks of a known position must not be planned twice.
    if (this.isOf(activeSchedule, token)) return [];
    this.enter('open');
    this.token = token;
    this.activeSchedule = activeSchedule;
    this.mayBeDue = true;
    return this.missed(watermark, now);
  }

  handle({ kind }: { readonly kind: 'displaced' | 'poll' | 'resume' }): void {
    if (kind === 'displaced') this.displace();
    else if (kind === 'poll') this.poll();
    else this.resume();
  }

  /** Where the job stands must be read again. */
  private displace(): void {
    this.enter('displace');
    this.token = 0;
  }

  /**
   * Takes what is due, oldest first. Ticks that are found very late, as after a sleep of the machine, are missed ones; so are
   * those that are too many.
   */
  take(): readonly DueTick[] {
    this.mayBeDue = false;
    if (!this.deps.elector.isIn(this.token)) return [];
    const now = this.deps.storeClock.nowMs;
    if (this.standing !== 'placed') return this.takeResumed(now);
    const { thresholdMs, policy } = this.job;
    const { schedule, startedAt } = this.activeSchedule;
    const { ticks, passedOverSince } = this.cursor.due(schedule, Math.max(this.from, startedAt), now);
    const [oldest] = ticks;
    if (oldest === undefined) return [];
    const since = passedOverSince ?? oldest - 1;
    // Ticks may have waited for the moment of the one before them.
    if (thresholdMs === Infinity && now - since > this.deps.missedAfterMs + policy.jitterMs)
      return this.missed(since, now);
    const span =
      passedOverSince === undefined ? undefined : missedSpan(schedule, passedOverSince, oldest - 1);
    const due: DueTick[] = span === undefined ? [] : [{ ...span, intent: 'missed', schedule }];
    for (const tick of ticks) {
      const isLate = now - tick > thresholdMs + policy.jitterMs;
      due.push({ tick, schedule, ...(isLate ? LATE : RUN) });
    }
    return due;
  }

  /** Once the run has ended that has blocked the job, the ticks that fell due meanwhile were missed. */
  private takeResumed(now: number): readonly DueTick[] {
    if (!this.enter('plan')) return [];
    return this.missed(Math.max(this.newest, this.activeSchedule.startedAt), now);
  }

  /** The policy of the job says which of the ticks in `(since, now]` (Unix ms) run. */
  private missed(since: number, now: number): readonly DueTick[] {
    const { schedule } = this.activeSchedule;
    this.from = Math.max(since, now);
    this.cursor = new TickCursor();
    const { run, missed } = planCatchUp(schedule, this.job.policy, since, now);
    const due: DueTick[] = missed === undefined ? [] : [{ ...missed, intent: 'missed', schedule }];
    for (const tick of run) due.push({ tick, intent: 'run', catchUp: true, schedule });
    return due;
  }

  /** A tick of the term was claimed before it was due: it is due again, in `waitMs` by the answer of the store. */
  early(due: DueTick, token: number, waitMs: number): void {
    if (!this.putBack(due, token) || !this.enter('early')) return;
    const { storeClock, timing } = this.deps;
    const leftMs = Math.max(EARLY_WAIT_MS, due.tick - storeClock.nowMs);
    // Clocks are set right, and what was far ahead is due soon.
    this.pollIn(Math.min(waitMs, leftMs, timing.intervalMs));
  }

  /** A run of an earlier term blocks a tick of this one, for another `waitMs` at most. */
  block(due: DueTick, token: number, waitMs: number): void {
    if (!this.putBack(due, token) || !this.enter('block')) return;
    const { clock, timing, gate } = this.deps;
    // No wait is longer than a lock lasts, whatever the store says.
    this.lapsesMono = clock.now().monoMs + Math.min(waitMs, timing.ttlMs);
    const pollMs = Math.min(waitMs, timing.intervalMs);
    // A crashed run that is to be run again is adopted when the gate opens, and not before.
    this.pollIn(this.job.policy.recover ? Math.max(pollMs, gate.remainingMs) : pollMs);
  }

  /** A tick, or all that are given up with it, are due again. */
  private putBack({ tick, since = tick - 1 }: DueTick, token: number): boolean {
    if (this.token !== token) return false;
    this.from = Math.min(this.from, since);
    this.cursor.rewind(since);
    return true;
  }

  private pollIn(delayMs: number): void {
    this.timer = this.deps.clock.timer(delayMs + 1, () => this.inbox.post({ kind: 'poll' }));
  }

  /** A tick that was put back may be claimed. */
  private poll(): void {
    this.mayBeDue = true;
    if (this.deps.clock.now().monoMs < this.lapsesMono) this.resume();
    else if (this.enter('settle')) this.deps.errors.inBackground(this.settle());
  }

  private async settle(): Promise<void> {
    await this.deps.settleOrphans(this.token);
    this.inbox.post({ kind: 'resume' });
  }

  /** The run that blocks the job has ended, or may have. */
  resume(): void {
    if (this.enter('resume')) this.mayBeDue = true;
  }

  /** No timer is left. */
  close(): void {
    this.timer?.cancel();
  }

  /** The newest tick that was taken, or the instant up to which they count as decided, Unix ms. */
  private get newest(): number {
    return Math.max(this.from, this.cursor.handledUpTo);
  }

  /** Whether this can happen in the present state. */
  private enter(step: Step): boolean {
    const next = POSITION_TRANSITIONS[this.standing][step];
    if (next === undefined) return false;
    this.standing = next;
    this.timer?.cancel();
    return true;
  }
}

const RUN = { intent: 'run' } as const;
const LATE = { intent: 'skipped', reason: 'late' } as const;

/*
 * The walk of a tick: wake-up → due ticks → lane → claim → run.
 *
 * A wake-up only says "look". Which ticks are due follows from the schedule and from where the job stands, so a
 * wake-up that comes late (a busy event loop, a short pause) loses none, and one that comes twice finds nothing.
 * Where a job stands is known once the store was asked in the term: until then its ticks wait.
 *
 * The ticks of a job are asked for in their order, always: a newer one moves the job's mark past those before it. So
 * while an answer is awaited, newer ticks stay due. And ticks are due by the store's clock: one that was asked for too
 * early is put back, and asked for again when it is due there. So is one that a run of an earlier term blocks: what
 * fell due meanwhile is then treated as missed. So are ticks that are found very late, after the process, or its
 * machine, stood still.
 */
import type { Job } from '../../core/job/job.js';
import { missedSpan, planCatchUp } from '../../core/tick/catch-up-plan.js';
import { AHEAD_MS } from '../../core/tick/overdue.js';
import { TickCursor } from '../../core/tick/tick-cursor.js';
import type { Timer } from '../../ports/clock.js';
import type { RunRequest } from '../../ports/control-store.js';
import type { Pace } from '../../ports/ticker.js';
import type { CatchUpGate } from './catch-up-gate.js';
import { JobLane, type JobLaneDeps } from './job-lane.js';
import type { DueTick, EarlyAnswer } from './tick-decider.js';

/** A tick that was early is asked for again after so long at least. */
const EARLY_PAUSE_MS = 10;

export interface TickDispatcherDeps extends Omit<JobLaneDeps, 'onEarly' | 'onBarred' | 'onRunEnded'> {
  /** A tick that is found so much later than it was due is a missed one, whoever led meanwhile. */
  readonly missedAfterMs: number;
  readonly gate: CatchUpGate;
}

/** Where a job stands in a term. */
interface Position {
  readonly token: number;
  /** By what the job ticked when it was last looked at. */
  pace: Pace;
  /** Ticks up to this instant (Unix ms) are decided. */
  from: number;
  readonly cursor: TickCursor;
  /** A run of an earlier term goes on, or its pod has died: what is due may have to be caught up. */
  isBarred: boolean;
  /** When the lock of that run lapses unless it is kept, on the monotonic clock. */
  lapsesMono: number;
  /** Set while ticks have been put back. */
  nextLook: Timer | undefined;
}

export class TickDispatcher {
  private readonly positions = new Map<string, Position>();
  private readonly lanes = new Map<string, JobLane>();

  constructor(private readonly deps: TickDispatcherDeps) {}

  /** Whether it is known where the job stands in this term, with this schedule. */
  isPlaced(job: Job, pace: Pace, token: number): boolean {
    const position = this.positions.get(job.name);
    return position?.token === token && position.pace.schedule.fingerprint === pace.schedule.fingerprint;
  }

  /**
   * Whether the job stands at a tick in the future in the term of this token, because the store's clock was set back since
   * that one was decided: nothing starts until then.
   */
  isAhead(job: string, token: number): boolean {
    const position = this.positions.get(job);
    if (position?.token !== token) return false;
    const { from, cursor } = position;
    return Math.max(from, cursor.handledUpTo) > this.deps.storeClock.nowMs + AHEAD_MS;
  }

  /**
   * Puts the job's ticks in `(mark, now]` (Unix ms) on their way as its policy makes up what was missed. Those after
   * that are dispatched from now on, in the term of this token.
   */
  place(
    job: Job,
    pace: Pace,
    token: number,
    { mark, now }: { readonly mark: number; readonly now: number },
  ): void {
    this.positions.get(job.name)?.nextLook?.cancel();
    const from = Math.max(mark, now);
    const cursor = new TickCursor();
    this.positions.set(job.name, {
      token,
      pace,
      from,
      cursor,
      isBarred: false,
      lapsesMono: 0,
      nextLook: undefined,
    });
    this.laneOf(job).add(madeUp(job, pace, mark, now), token);
  }

  /** Puts what is due of a placed job on its way. */
  dispatchDue(job: Job, pace: Pace, token: number): void {
    const position = this.positions.get(job.name);
    const lane = this.laneOf(job);
    if (position?.token !== token || !this.deps.elector.isIn(token)) return;
    if (lane.isAsking(() => this.dispatchDue(job, pace, token))) return;
    position.pace = pace;
    const now = this.deps.storeClock.nowMs;
    const from = Math.max(position.from, pace.startedAt);
    if (position.isBarred) {
      // Until the lock may have lapsed nothing is decided: with each look, older ticks would be given up.
      const mark = Math.max(from, position.cursor.handledUpTo);
      if (position.nextLook === undefined) this.place(job, pace, token, { mark, now });
      return;
    }
    const { ticks, passedOverSince } = position.cursor.due(pace.schedule, from, now);
    const late = passedOverSince ?? (ticks[0] === undefined ? undefined : ticks[0] - 1);
    if (late !== undefined && job.thresholdMs === Infinity && now - late > this.missedAfterMs(job)) {
      return this.place(job, pace, token, { mark: late, now });
    }
    const due = ticks.map(tick => this.judged(job, tick, now));
    const newest = ticks[0];
    if (passedOverSince !== undefined && newest !== undefined) {
      const missed = missedSpan(pace.schedule, passedOverSince, newest - 1);
      if (missed !== undefined) due.unshift({ ...missed, intent: 'missed' });
    }
    lane.add(
      due.map(one => ({ ...one, schedule: pace.schedule })),
      token,
    );
  }

  /** Puts one tick on its way that somebody fired by hand: beside the schedule, which it does not move. */
  dispatchManual(job: Job, token: number): void {
    const tick = this.deps.storeClock.nowMs;
    const handle = this.deps.entropy.id();
    this.laneOf(job).add([{ tick, intent: 'run', manual: true, handle }], token);
  }

  /** Puts a run on its way that was asked for in the store. Harmless to repeat while it is. */
  dispatchRequested(job: Job, { id, tick }: RunRequest, token: number): void {
    this.laneOf(job).add([{ tick, intent: 'run', manual: true, handle: id, isRequested: true }], token);
  }

  /** Where the job stands is to be asked for again. What waits stays, and runs under way go on. */
  displace(job: string): void {
    this.positions.get(job)?.nextLook?.cancel();
    this.positions.delete(job);
  }

  /** The job is no more: its ticks are not looked for, and those that wait are given back. Runs under way go on. */
  forget(job: Job): void {
    this.displace(job.name);
    void this.lanes.get(job.name)?.close();
    this.lanes.delete(job.name);
  }

  /** A run of the job has ended, or was given up: ticks that it has blocked or queued are asked for again at once. */
  runEnded(job: string): void {
    const lane = this.lanes.get(job);
    lane?.runEnded();
    const position = this.positions.get(job);
    if (lane === undefined || position?.isBarred !== true) return;
    position.nextLook?.cancel();
    position.nextLook = undefined;
    this.dispatchDue(lane.job, position.pace, position.token);
  }

  /** Run ids under which ticks are asked for, or wait to be asked for again. */
  get deciding(): ReadonlySet<string> {
    return new Set([...this.lanes.values()].flatMap(lane => [...lane.deciding]));
  }

  /**
   * Whether a tick of the job waits for a run to end, as the store has said, for its moment within the jitter, or until
   * what the store holds of the job is corrected. One that gets no answer does not count: a leader whose claims are never
   * answered does nothing.
   */
  isWaiting(job: string): boolean {
    const lane = this.lanes.get(job);
    const waits = lane !== undefined && (lane.queued > 0 || lane.isSpreading || lane.isRefused);
    return waits || this.positions.get(job)?.isBarred === true;
  }

  /** How many of them the store has queued. */
  get queued(): number {
    return [...this.lanes.values()].reduce((sum, lane) => sum + lane.queued, 0);
  }

  laneOf(job: Job): JobLane {
    const known = this.lanes.get(job.name);
    if (known !== undefined) return known;
    const lane = new JobLane(job, {
      ...this.deps,
      onEarly: (due, early) => this.onEarly(job, due, early),
      onBarred: (due, waitMs) => this.onBarred(job, due, waitMs),
      onRunEnded: () => this.runEnded(job.name),
    });
    this.lanes.set(job.name, lane);
    return lane;
  }

  /** The term is over: ticks that wait for a run to end look at once whether they still may. */
  endTerm(): void {
    for (const lane of this.lanes.values()) lane.endTerm();
  }

  /** Starts nothing more; settles when no claim is under way. */
  async close(): Promise<void> {
    this.deps.claimer.close();
    for (const { nextLook } of this.positions.values()) nextLook?.cancel();
    await Promise.all([...this.lanes.values()].map(lane => lane.close()));
  }

  /** The store says that the tick is not due: its clock is behind what was known of it. */
  private onEarly(job: Job, due: DueTick, { askedAt, waitMs }: EarlyAnswer): void {
    this.deps.storeClock.corrected(askedAt, due.tick - waitMs);
    const position = this.putBack(job, due);
    if (position === undefined) return;
    const { storeClock, timing } = this.deps;
    const leftMs = Math.max(EARLY_PAUSE_MS, due.tick - storeClock.nowMs);
    // Clocks are set right, and what was far ahead is due soon.
    this.lookAfter(job, position, Math.min(waitMs, leftMs, timing.intervalMs));
  }

  private onBarred(job: Job, due: DueTick, waitMs: number): void {
    // What was given back before is found again with the runs that have not ended.
    if (due.isGivenBack === true) return;
    const position = this.putBack(job, due);
    if (position === undefined) return;
    position.isBarred = true;
    const { clock, timing } = this.deps;
    // The end of the run is notified. Polling is the fallback, and no wait goes by what the store says alone.
    position.lapsesMono = clock.now().monoMs + Math.min(waitMs, timing.ttlMs);
    const pollMs = Math.min(waitMs, timing.intervalMs);
    // A crashed run that is to be run again is adopted when the gate opens, and not before.
    this.lookAfter(job, position, job.policy.recover ? Math.max(pollMs, this.deps.gate.remainingMs) : pollMs);
  }

  /** A tick, or all that are given up with it, are due again. */
  private putBack(job: Job, { tick, since = tick - 1 }: DueTick): Position | undefined {
    const position = this.positions.get(job.name);
    if (position === undefined) return undefined;
    position.from = Math.min(position.from, since);
    position.cursor.rewind(since);
    return position;
  }

  private lookAfter(job: Job, position: Position, delayMs: number): void {
    position.nextLook?.cancel();
    position.nextLook = this.deps.clock.timer(delayMs + 1, () => void this.look(job, position));
  }

  private async look(job: Job, position: Position): Promise<void> {
    const { elector, settleOrphans, clock } = this.deps;
    const mayHaveCrashed = position.isBarred && clock.now().monoMs >= position.lapsesMono;
    if (mayHaveCrashed) await settleOrphans(position.token);
    position.nextLook = undefined;
    if (elector.isIn(position.token)) this.dispatchDue(job, position.pace, position.token);
  }

  private judged(job: Job, tick: number, now: number): DueTick {
    if (now - tick <= job.thresholdMs + job.policy.jitterMs) return { tick, intent: 'run' };
    return { tick, intent: 'skipped', reason: 'late' };
  }

  /** Ticks may have waited for the moment of the one before them. */
  private missedAfterMs({ policy }: Job): number {
    return this.deps.missedAfterMs + policy.jitterMs;
  }
}

function madeUp(job: Job, { schedule }: Pace, mark: number, now: number): DueTick[] {
  const { run, missed } = planCatchUp(schedule, job.policy, mark, now);
  const note: DueTick[] = missed === undefined ? [] : [{ ...missed, intent: 'missed', schedule }];
  return [...note, ...run.map((tick): DueTick => ({ tick, intent: 'run', catchUp: true, schedule }))];
}

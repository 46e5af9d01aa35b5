/*
 * The walk of a tick: wake-up → due ticks → lane → claim → run.
 *
 * A wake-up only says "look". Which ticks are due follows from the schedule and from where the job stands, so a
 * wake-up that comes late (a busy event loop, a short pause) loses none, and one that comes twice finds nothing.
 * Where a job stands is known once the store was asked in the term: until then its ticks wait.
 */
import type { Job } from '../core/job.js';
import { missedSpan } from '../core/catch-up.js';
import { TickCursor } from '../core/tick-cursor.js';
import type { Clock } from '../ports/clock.js';
import type { Pace } from '../ports/ticker.js';
import { JobLane, type DueTick, type JobLaneDeps } from './job-lane.js';

export interface TickDispatcherDeps extends JobLaneDeps {
  readonly clock: Clock;
}

/** Where a job stands in a term. */
interface Position {
  readonly token: number;
  /** Fingerprint of the schedule that the position is about. */
  readonly schedule: string;
  /** Ticks up to this instant (Unix ms) are decided. */
  readonly from: number;
  readonly cursor: TickCursor;
}

export class TickDispatcher {
  private readonly positions = new Map<string, Position>();
  private readonly lanes = new Map<string, JobLane>();

  constructor(private readonly deps: TickDispatcherDeps) {}

  /** Whether it is known where the job stands in this term, with this schedule. */
  isPlaced(job: Job, pace: Pace, token: number): boolean {
    const position = this.positions.get(job.name);
    return position?.token === token && position.schedule === pace.schedule.fingerprint;
  }

  /** From now on the job's ticks after `from` (Unix ms) are dispatched, in the term of this token. */
  place(job: Job, pace: Pace, token: number, from: number): void {
    const schedule = pace.schedule.fingerprint;
    this.positions.set(job.name, { token, schedule, from, cursor: new TickCursor() });
  }

  /** Puts what is due of a placed job on its way. */
  dispatchDue(job: Job, wake: Pace, token: number): void {
    const position = this.positions.get(job.name);
    const lane = this.laneOf(job);
    // While a claim gets no answer, ticks stay due: none is lost, and none is asked for beside it.
    if (position?.token !== token || lane.isAsking(() => this.dispatchDue(job, wake, token))) return;
    const now = this.deps.clock.now().wallMs;
    const from = Math.max(position.from, wake.startedAt);
    const { ticks, passedOverSince } = position.cursor.due(wake.schedule, from, now);
    const due = ticks.map(tick => this.judged(job, tick, now));
    const newest = ticks[0];
    if (passedOverSince !== undefined && newest !== undefined) {
      const missed = missedSpan(wake.schedule, passedOverSince, newest - 1);
      if (missed !== undefined) due.unshift({ ...missed, intent: 'missed' });
    }
    lane.add(
      due.map(one => ({ ...one, schedule: wake.schedule })),
      token,
    );
  }

  /** Puts one tick on its way that somebody fired by hand: beside the schedule, which it does not move. */
  dispatchManual(job: Job, token: number): void {
    const tick = this.deps.clock.now().wallMs;
    this.laneOf(job).add([{ tick, intent: 'run', manual: true }], token);
  }

  /** Run ids under which ticks are asked for, or wait to be asked for again. */
  get deciding(): ReadonlySet<string> {
    return new Set([...this.lanes.values()].flatMap(lane => [...lane.deciding]));
  }

  laneOf(job: Job): JobLane {
    const known = this.lanes.get(job.name);
    if (known !== undefined) return known;
    const lane = new JobLane(job, this.deps);
    this.lanes.set(job.name, lane);
    return lane;
  }

  /** The term is over: ticks that wait for a run to end look at once whether they still may. */
  endTerm(): void {
    for (const lane of this.lanes.values()) lane.wakeWaiting();
  }

  /** Starts nothing more; settles when no claim is under way. */
  async close(): Promise<void> {
    this.deps.claimer.close();
    await Promise.all([...this.lanes.values()].map(lane => lane.close()));
  }

  private judged(job: Job, tick: number, now: number): DueTick {
    if (now - tick <= job.thresholdMs) return { tick, intent: 'run' };
    return { tick, intent: 'skipped', reason: 'late' };
  }
}

import type { Job } from '../../core/job/job.js';
import type { RunExecutor } from '../runs/run-executor.js';
import type { DueTick, Granted, Tick, TickState } from './tick.js';

/** An answer of the store is awaited, or the moment to claim. */
const ASKING: readonly TickState[] = [
  'jittering',
  'claiming',
  'refused',
  'releasing',
  'released',
  'starting',
];
const RUNNING: readonly TickState[] = ['starting', 'running'];
const RELEASING: readonly TickState[] = ['refused', 'releasing', 'released'];
const QUEUED: readonly TickState[] = ['queued', 'settling'];

/** The beginning of every tick in line. Spread last: V8 takes microseconds to add a property after a spread. */
const WAITING = {
  state: 'waiting',
  timer: undefined,
  claim: undefined,
  granted: undefined,
  hasFailed: false,
  isOutdated: false,
  lockMs: 0,
  isUndecided: false,
  polls: 0,
} as const;

/** The ticks of a job in progress, in the order in which they were found, and the rules of their order. */
export class TickList {
  readonly all = new Set<Tick>();
  /** Whether it takes no more. */
  isClosed = false;

  constructor(
    private readonly job: Job,
    private readonly executor: Pick<RunExecutor, 'inRecord'>,
  ) {}

  /** Puts ticks in line, oldest first. */
  add(due: readonly DueTick[], token: number): void {
    const isTogether = due.length > 1 || due[0]?.catchUp === true;
    const isSerial = isTogether && this.job.policy.overlap !== 'allow';
    if (this.isClosed) return;
    for (const one of due) {
      const mayBeKnown = one.handle !== undefined || one.isReleased === true;
      if (mayBeKnown && this.isFoundAgain(one, token)) continue;
      const isBeside = one.manual === true || one.isReleased === true;
      this.all.add({ due: one, token, isBeside, isSerial, ...WAITING });
    }
  }

  /** Adds the tick of a crashed run that belongs to this process. */
  addRecovered(granted: Granted): Tick {
    const { ref, token } = granted.run;
    const due: DueTick = { tick: ref.tick, intent: 'run', manual: ref.manual, handle: ref.handle };
    const isSerial = this.job.policy.overlap !== 'allow';
    const tick: Tick = { due, token, isBeside: ref.manual, isSerial, ...WAITING, granted };
    this.all.add(tick);
    return tick;
  }

  /** A released or requested tick is found again and again until it is decided. */
  private isFoundAgain({ tick, handle }: DueTick, token: number): boolean {
    return this.some(one => {
      if (RUNNING.includes(one.state)) return false;
      if (handle !== undefined) return one.due.handle === handle;
      // A tick that an ended term still releases is for the next term to claim.
      return one.due.handle === undefined && one.due.tick === tick && one.token === token;
    });
  }

  /** Whether newer ticks of the schedule must wait for an answer, be it that the end of a run is recorded. */
  isAsking(): boolean {
    for (const { state } of this.all) if (ASKING.includes(state)) return true;
    return this.job.policy.overlap !== 'allow' && this.executor.inRecord.has(this.job.name);
  }

  /**
   * Whether it is the turn of a tick in line.
   *
   * @param isBehind whether an older one waits
   */
  isNext({ due, isBeside, isSerial }: Tick, isBehind: boolean): boolean {
    const { overlap, jitterMs } = this.job.policy;
    if (overlap === 'allow' && (isBeside || jitterMs === 0)) return true;
    // A tick that has no turn in the schedule does not wait for the moment of a tick.
    if (isBeside && this.has('jittering')) return true;
    if (isBehind || (!isBeside && this.isAsking())) return false;
    return !isSerial || due.intent !== 'run' || !this.some(one => one.isSerial && one.state !== 'waiting');
  }

  has(state: TickState): boolean {
    return this.some(one => one.state === state);
  }

  /** The ticks that wait in line behind a tick that is put back: they are found due again together with it. */
  behind({ due, token }: Tick): readonly Tick[] {
    return this.filter(
      one => one.state === 'waiting' && one.token === token && !one.isBeside && one.due.tick > due.tick,
    );
  }

  /** Those that were released, oldest first. */
  get released(): readonly Tick[] {
    return this.filter(({ state }) => state === 'released').toSorted((a, b) => a.due.tick - b.due.tick);
  }

  /** Whether an older tick is still being released. A newer one claimed first would move the watermark past it. */
  isBehindRelease({ due }: Tick): boolean {
    if (due.manual === true) return false;
    return this.some(
      one => RELEASING.includes(one.state) && one.due.manual !== true && one.due.tick < due.tick,
    );
  }

  /** Run ids of claims that may hold their ticks while this process does not run them. */
  get deciding(): readonly string[] {
    return this.filter(({ state }) => !RUNNING.includes(state)).flatMap(({ claim }) => claim?.runId ?? []);
  }

  /** How many the store has queued. */
  get queued(): number {
    return this.filter(({ state, isUndecided }) => QUEUED.includes(state) && !isUndecided).length;
  }

  /** Whether nothing is in progress but runs. */
  get isSettled(): boolean {
    return !this.some(({ state }) => !RUNNING.includes(state));
  }

  private filter(isOne: (tick: Tick) => boolean): readonly Tick[] {
    return Array.from(this.all).filter(isOne);
  }

  private some(isOne: (tick: Tick) => boolean): boolean {
    for (const tick of this.all) if (isOne(tick)) return true;
    return false;
  }
}

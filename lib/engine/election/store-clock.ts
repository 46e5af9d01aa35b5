/*
 * Time by the clock of the store, by which ticks are due on every pod.
 *
 * Each answer brings the store's time, read between the question and the answer. So the difference of the two clocks
 * lies between two bounds, which are the closer the shorter the way was; and as clocks drift slowly, the bounds of
 * several answers hold together. Between answers time goes on by the clock that says more, as for trust.
 *
 * The estimate lies in the middle: on a short way it is off by less than a claim takes, so that no tick starts early.
 */
import type { Instant } from '../../core/election/instant.js';
import type { Clock } from '../../ports/clock.js';

/** Clocks drift by no more than this share; where one does, bounds exclude each other, and the newer ones hold. */
const DRIFT = 2e-5;
/** Wall clocks count whole milliseconds: a smaller lead over the monotonic clock is none. */
const WALL_STEP_MS = 2;
/** A correction above this changes when timers have to fire. */
const SHIFT_MS = 20;
/** A smaller step is reported nowhere, and changes nothing but the time. */
const STEP_MS = 1000;
/** Both clocks of this pod went on alike, as they do unless one is set or its machine sleeps. */
const ALIKE_MS = 50;

/** The bounds between which the store's time lay at an instant, Unix ms. */
interface Known {
  readonly at: Instant;
  readonly earliest: number;
  readonly latest: number;
}

export interface StoreClockStep {
  /** How much later the store's time is than expected, ms. */
  readonly byMs: number;
  /** Whether the wall clock of this pod has stepped as well, be it alone or together with that of the store. */
  readonly isOwn: boolean;
}

export class StoreClock {
  private known: Known | undefined;
  /** How far it was corrected since the listeners were last called, ms: small corrections add up. */
  private unnotifiedMs = 0;
  private readonly listeners: (() => void)[] = [];
  private readonly stepListeners: ((step: StoreClockStep) => void)[] = [];

  /** @param isOwn the store is in this process, and uses its wall clock */
  constructor(
    private readonly clock: Clock,
    private readonly isOwn = false,
  ) {}

  /** Now by the store's clock, Unix ms, whole; by this pod's until an answer has come. */
  get nowMs(): number {
    const now = this.clock.now();
    return Math.floor(this.known === undefined ? now.wallMs : estimateAt(this.known, now));
  }

  /** How far this pod's wall clock is ahead of the store's, ms; negative: behind; `undefined`: not known yet. */
  get aheadMs(): number | undefined {
    const now = this.clock.now();
    if (this.isOwn) return 0;
    return this.known === undefined ? undefined : now.wallMs - estimateAt(this.known, now);
  }

  /** Calls the listener whenever a correction changes when timers have to fire. */
  watch(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * Calls the listener when the store's time turns out to be another by a second or more than it would be if all clocks went
   * on alike: it was set, or another server with another clock answers, or this pod's was. Those who only watch are called
   * afterwards.
   */
  watchSteps(listener: (step: StoreClockStep) => void): void {
    this.stepListeners.push(listener);
  }

  /** An answer has come now to a question of that instant, and brings the store's time (Unix ms). */
  answered(askedAt: Instant, storeNow: number): void {
    if (this.isOwn) return;
    const now = this.clock.now();
    // The store counts whole milliseconds.
    const latest = storeNow + 1 + passedMs(askedAt, now);
    this.learn({ at: now, earliest: storeNow, latest }, now);
  }

  /**
   * The store has said, to a question of that instant, that a tick is early: it was this time there (Unix ms), whatever
   * was known. Where the time of the call was spent is not known. All of it counts as before the store's reading,
   * so that the tick is claimed again early rather than late.
   */
  corrected(askedAt: Instant, storeNow: number): void {
    if (this.isOwn) return;
    const now = this.clock.now();
    const mostMs = storeNow + 1 + passedMs(askedAt, now);
    const knownMs = this.known && moved(this.known, now).latest;
    const latest = knownMs !== undefined && knownMs > storeNow ? Math.min(mostMs, knownMs) : mostMs;
    const answer = { at: now, earliest: storeNow, latest: mostMs };
    this.become({ at: now, earliest: Math.max(storeNow, latest - 1), latest }, answer);
  }

  private learn(answer: Known, now: Instant): void {
    const known = this.known && moved(this.known, now);
    const earliest = Math.max(answer.earliest, known?.earliest ?? -Infinity);
    const latest = Math.min(answer.latest, known?.latest ?? Infinity);
    // Bounds that exclude each other: a clock has stepped since, and the newer ones hold.
    this.become(earliest <= latest ? { at: now, earliest, latest } : answer, answer);
  }

  /** Replaces the known bounds. `answer`: the bounds of the last answer alone. */
  private become(next: Known, answer: Known): void {
    const { known } = this;
    this.known = next;
    const expected = known === undefined ? next.at.wallMs : estimateAt(known, next.at);
    const correctedMs = estimateAt(next, next.at) - expected;
    if (known !== undefined && Math.abs(correctedMs) >= STEP_MS && excludeEachOther(known, answer)) {
      const step = { byMs: correctedMs, isOwn: hasSteppedHere(known.at, answer.at) };
      for (const listener of this.stepListeners) listener(step);
    }
    this.notify(correctedMs);
  }

  private notify(correctedMs: number): void {
    this.unnotifiedMs += correctedMs;
    if (Math.abs(this.unnotifiedMs) <= SHIFT_MS) return;
    this.unnotifiedMs = 0;
    for (const listener of this.listeners) listener();
  }
}

/** Whether what an answer says cannot be so if all clocks have gone on alike. */
function excludeEachOther(known: Known, answer: Known): boolean {
  const { earliest, latest } = moved(known, answer.at);
  return answer.earliest > latest || answer.latest < earliest;
}

/** Whether this pod's two clocks have not gone on alike: its wall clock was set, or its machine slept. */
function hasSteppedHere(from: Instant, to: Instant): boolean {
  return Math.abs(to.wallMs - from.wallMs - (to.monoMs - from.monoMs)) > ALIKE_MS;
}

/** The same knowledge at a later instant: less certain, as clocks drift. */
function moved({ at, earliest, latest }: Known, now: Instant): Known {
  const ms = passedMs(at, now);
  const driftMs = ms * DRIFT;
  return { at: now, earliest: earliest + ms - driftMs, latest: latest + ms + driftMs };
}

/** The store's time, Unix ms. */
function estimateAt({ at, earliest, latest }: Known, now: Instant): number {
  return (earliest + latest) / 2 + passedMs(at, now);
}

/** As `elapsedMs`, but finer than the steps of a wall clock. */
function passedMs(since: Instant, now: Instant): number {
  const wallMs = now.wallMs - since.wallMs;
  const monoMs = now.monoMs - since.monoMs;
  return wallMs - monoMs > WALL_STEP_MS ? wallMs : monoMs;
}

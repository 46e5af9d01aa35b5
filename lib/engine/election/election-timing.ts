/*
 * When the election makes its next attempt: delays, and the one timer.
 */
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import { remainingTrustMs } from '../../core/election/term.js';
import { RETRY_MAX_MS, RETRY_MIN_MS, type ElectionTiming } from '../../core/election/timing.js';
import type { ElectionState, Facts, Leading, Wait } from './election-state.js';

/** How long candidates spread when the lease becomes free, so that they do not ask all at once. */
const SPREAD_MS = 50;
/**
 * A follower waits this long after a reconnect, for a leader whose lease survived renews first. Only after the same
 * time may it find others missing.
 */
const HEAD_START_MS = 1000;
/** A timer that fires this much late shows a busy event loop or a paused process. */
const REPORTED_DELAY_MS = 1000;

/** The inputs of a decision besides state and event. */
export interface Moment {
  readonly now: Instant;
  /** A random number in `[0, 1)`. */
  readonly chance: () => number;
  /** How much later this pod competes for a lease that becomes free, because it knows a better candidate. */
  readonly deferMs: number;
}

export function spreadMs({ chance }: Moment): number {
  return chance() * SPREAD_MS;
}

/** Shorter with a short ttl, as the command timeout is: a renewal that failed is repeated before the deadline. */
export function retryDelayMs(
  { commandTimeoutMs }: ElectionTiming,
  { chance }: Pick<Moment, 'chance'>,
): number {
  const longestMs = Math.min(RETRY_MAX_MS, commandTimeoutMs);
  const shortestMs = (longestMs * RETRY_MIN_MS) / RETRY_MAX_MS;
  return shortestMs + chance() * (longestMs - shortestMs);
}

export function untilRenewalMs({ intervalMs }: ElectionTiming, askedAt: Instant, now: Instant): number {
  return intervalMs - elapsedMs(askedAt, now);
}

export function untilFreeMs({ intervalMs }: ElectionTiming, remainingMs: number, moment: Moment): number {
  return Math.min(intervalMs, remainingMs + 1 + spreadMs(moment) + moment.deferMs);
}

export function headStartLeftMs({ headStartFrom }: Facts, now: Instant): number {
  return headStartFrom === undefined ? 0 : HEAD_START_MS - elapsedMs(headStartFrom, now);
}

/** Whether a holder that the store does not see may be followed: after a restart of the store all are gone for a moment. */
export function mayFindMissing({ rules, connectedAt }: Facts, now: Instant): boolean {
  if (!rules.fastTakeover || connectedAt === undefined) return false;
  return elapsedMs(connectedAt, now) >= HEAD_START_MS;
}

/**
 * The check of the deadline, at the deadline itself: while renewals succeed it is always put off. A timer stands still
 * while a machine is suspended. The deadline that has passed meanwhile is noticed by what comes first then: the next
 * renewal, a tick that is due, or the comparison of the clocks.
 */
export function checkOf(state: Leading, now: Instant): Wait | undefined {
  const leftMs = remainingTrustMs(state.askedAt, now, state.facts.rules.timing);
  return leftMs === Infinity ? undefined : { setAt: now, delayMs: leftMs };
}

/** The reason for which the one timer is set. */
export function timerOf(state: ElectionState): Wait | undefined {
  const { attempt } = state.facts;
  const other = otherWait(state);
  return other !== undefined && dueMono(other) < dueMono(attempt) ? other : attempt;
}

function otherWait(state: ElectionState): Wait | undefined {
  if (state.kind === 'leading') return state.check;
  return state.kind === 'following' ? state.probe : undefined;
}

export function untilDueMs({ setAt, delayMs }: Wait, now: Instant): number {
  return delayMs - (now.monoMs - setAt.monoMs);
}

/** How late the timer has fired; `undefined` when that is not worth a report. */
export function reportedDelayMs({ setAt, delayMs }: Wait, now: Instant): number | undefined {
  const lateMs = elapsedMs(setAt, now) - delayMs;
  return lateMs >= REPORTED_DELAY_MS ? Math.round(lateMs) : undefined;
}

/** The same state with other facts. */
export function withFacts<State extends ElectionState>(state: State, facts: Partial<Facts>): State {
  return { ...state, facts: { ...state.facts, ...facts } };
}

/** Makes the next attempt after this delay, in place of the one that was due. */
export function attemptAfter<State extends ElectionState>(
  state: State,
  delayMs: number,
  now: Instant,
): State {
  return withFacts(state, { attempt: { setAt: now, delayMs } });
}

/** Makes the next attempt no later than after this delay; while a question is in flight, this long after its answer. */
export function hasten<State extends ElectionState>(state: State, delayMs: number, now: Instant): State {
  const { question, attempt } = state.facts;
  if (question === undefined)
    return now.monoMs + delayMs < dueMono(attempt) ? attemptAfter(state, delayMs, now) : state;
  const hastenedMs = Math.min(question.hastenedMs, delayMs);
  return withFacts(state, { question: { ...question, hastenedMs } });
}

/** Makes the next attempt at once, or after the question in flight. */
export function attemptNow(state: ElectionState, now: Instant): ElectionState {
  return state.kind === 'leading' || state.kind === 'following' ? hasten(state, 0, now) : state;
}

/** Makes the next attempt after this delay, also when it was due before. */
export function postpone<State extends ElectionState>(state: State, delayMs: number, now: Instant): State {
  return state.facts.question === undefined ? attemptAfter(state, delayMs, now) : hasten(state, delayMs, now);
}

function dueMono(wait: Wait | undefined): number {
  return wait === undefined ? Infinity : wait.setAt.monoMs + wait.delayMs;
}

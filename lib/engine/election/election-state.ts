/*
 * The states, events and effects of the election, as plain readonly data. election-machine.ts states their meaning.
 */
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Term } from '../../core/election/term.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { LossReason, ScheduleEvent } from '../../core/events.js';
import type { CandidateState } from '../../ports/candidate-store.js';
import type {
  AcquireAnswer,
  HeldLease,
  ProbeAnswer,
  ProberRank,
  RenewAnswer,
  RenewedLease,
} from '../../ports/lease-store.js';
import type { Unknown } from '../store-call.js';

export interface ElectionRules {
  readonly timing: ElectionTiming;
  /** How long a candidate that resigned does not compete. */
  readonly restMs: number;
  /** Whether a leader that is seen to be gone is followed before its ttl has run out. */
  readonly fastTakeover: boolean;
}

/** A term as the elector holds it. */
export interface HeldTerm extends Term {
  /** When this process began to lead. */
  readonly beganAt: Instant;
}

/** Something that is due a while after an instant. */
export interface Wait {
  readonly setAt: Instant;
  readonly delayMs: number;
}

interface AskedQuestion {
  readonly id: number;
  /** Before the command was written. */
  readonly askedAt: Instant;
  /** The attempt after the answer is made no later than this; `Infinity`: when the answer says. */
  readonly hastenedMs: number;
}

/** The question in flight. */
export type Question =
  | (AskedQuestion & { readonly kind: 'acquire' })
  | (AskedQuestion & { readonly kind: 'probe' })
  | (AskedQuestion & {
      readonly kind: 'renew';
      readonly token: number;
      /** The process stops: the lease is released after the answer. */
      readonly isReleasedAfter: boolean;
    });

/** Facts that hold in every state. */
export interface Facts {
  readonly rules: ElectionRules;
  readonly connection: 'none-yet' | 'open' | 'closed';
  /** `undefined` while there is no connection. */
  readonly connectedAt: Instant | undefined;
  /** When the connection of a follower was opened again. */
  readonly headStartFrom: Instant | undefined;
  /** Of the last term that ended here: a lease that the store still has by it is not taken up again. */
  readonly endedToken: number;
  readonly lastLoss: LossReason | undefined;
  /** When this process last led, or knew a leader. */
  readonly leaderSeenAt: Instant | undefined;
  readonly question: Question | undefined;
  /** How many questions were asked so far: it numbers them. */
  readonly asked: number;
  /** The newest question when others lost sight of this process: the answer to an earlier one confirms no trust. */
  readonly presenceLostAt: number;
  /** The next attempt, or renewal. */
  readonly attempt: Wait | undefined;
}

export interface Idle {
  readonly kind: 'idle';
  readonly facts: Facts;
}

/** The lease of another candidate, as the last answer has it. */
export type Followed = Pick<HeldLease, 'holder' | 'token' | 'presence' | 'isProber'>;

export interface Following {
  readonly kind: 'following';
  readonly facts: Facts;
  readonly followed: Followed | undefined;
  /** When a due tick last caused a probe. */
  readonly probedAt: Instant | undefined;
  /** The probe that a due tick has caused. The next attempt is due whatever it finds. */
  readonly probe: Wait | undefined;
}

export interface Leading {
  readonly kind: 'leading';
  readonly facts: Facts;
  readonly term: HeldTerm;
  /** Before the last confirmed command was written. */
  readonly askedAt: Instant;
  /** The connection has closed, or that of the presence, and no renewal was confirmed since. */
  readonly isSuspended: boolean;
  /** When the deadline is checked; `undefined` where trust never ends. */
  readonly check: Wait | undefined;
}

/** This process has resigned and does not compete for a while. */
export interface Cooldown {
  readonly kind: 'cooldown';
  readonly facts: Facts;
}

export type ElectionState = Idle | Following | Leading | Cooldown;

export type ElectionEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected'; readonly cause: unknown }
  /** See `LeaseSignal`. */
  | { readonly kind: 'presence-lost' }
  | { readonly kind: 'presence-found' }
  | { readonly kind: 'holder-missing'; readonly token: number }
  | { readonly kind: 'timer' }
  /** The wall clock has moved against the monotonic one, by which timers run. */
  | { readonly kind: 'clock-stepped' }
  | { readonly kind: 'acquire-answer'; readonly question: number; readonly answer: AcquireAnswer | Unknown }
  /** The observer knows the lease of which an answer spoke. */
  | { readonly kind: 'held-observed'; readonly question: number; readonly lease: HeldLease }
  | { readonly kind: 'probe-answer'; readonly question: number; readonly answer: ProbeAnswer | Unknown }
  | { readonly kind: 'renew-answer'; readonly question: number; readonly answer: RenewAnswer | Unknown }
  /** The store has refused this term: it is over, whatever the local clock says. */
  | { readonly kind: 'fenced'; readonly token: number }
  | { readonly kind: 'tick-due' }
  /** Another candidate has released the lease. */
  | { readonly kind: 'lease-freed' }
  /** The service resigns; the call gets an effect `release` or `declined`. */
  | { readonly kind: 'resign'; readonly call: number }
  /** The holder of a term is asked to resign: because a job is overdue or, with an empty one, because a person wants it. */
  | {
      readonly kind: 'resign-requested';
      readonly token: number;
      readonly job: string;
      /** See `ElectionObserver`. */
      readonly mayStandStill: boolean;
    }
  /** A candidate with a larger job set is there. `isMove`: this is remembered as a move of leadership. */
  | { readonly kind: 'hand-over'; readonly token: number; readonly isMove: boolean }
  /** There is something new to report with the next attempt or renewal. */
  | { readonly kind: 'report-soon' };

export type EventOf<Kind extends ElectionEvent['kind']> = Extract<ElectionEvent, { kind: Kind }>;

/** Calls of the engine. */
export type ObserverEffect =
  | { readonly kind: 'term-began'; readonly term: Term }
  | { readonly kind: 'term-resumed' }
  | { readonly kind: 'term-ended' }
  | { readonly kind: 'distrusted' }
  | { readonly kind: 'resign-refused'; readonly job: string }
  | { readonly kind: 'held'; readonly lease: HeldLease }
  | { readonly kind: 'renewed'; readonly lease: RenewedLease };

export interface AskAcquire {
  readonly kind: 'ask-acquire';
  readonly question: number;
  readonly askedAt: Instant;
  readonly endedToken: number;
  readonly evidence: boolean;
  readonly proberRank: ProberRank | undefined;
}

export interface AskProbe {
  readonly kind: 'ask-probe';
  readonly question: number;
  readonly holder: string;
  readonly token: number;
}

export interface AskRenew {
  readonly kind: 'ask-renew';
  readonly question: number;
  readonly askedAt: Instant;
  readonly token: number;
  /** The answer is not waited for longer than this. */
  readonly limitMs: number;
}

export interface Release {
  readonly kind: 'release';
  readonly token: number;
  /** The state that the store notes of this candidate. */
  readonly state: CandidateState;
  readonly isHandOver: boolean;
  /** The call of `resign` that waits for it. */
  readonly call?: number;
}

export type ElectionEffect =
  | ObserverEffect
  | AskAcquire
  | AskProbe
  | AskRenew
  | Release
  /** The one timer is set in place of the one before; `undefined`: none. */
  | { readonly kind: 'timer'; readonly delayMs: number | undefined }
  | { readonly kind: 'public'; readonly event: ScheduleEvent }
  | { readonly kind: 'unavailable'; readonly cause: unknown }
  /** A call of `resign` has found that this process does not lead. */
  | { readonly kind: 'declined'; readonly call: number }
  /** Posted when the effects before it have been performed. */
  | { readonly kind: 'then'; readonly event: ElectionEvent };

/** The state of a process that has not started. */
export function initialState(rules: ElectionRules): ElectionState {
  const facts: Facts = {
    rules,
    connection: 'none-yet',
    connectedAt: undefined,
    headStartFrom: undefined,
    endedToken: 0,
    lastLoss: undefined,
    leaderSeenAt: undefined,
    question: undefined,
    asked: 0,
    presenceLostAt: 0,
    attempt: undefined,
  };
  return { kind: 'idle', facts };
}

/** For how long the process has asked, on its present connection, without a leader, ms; 0 while there is one. */
export function leaderlessMs({ kind, facts }: ElectionState, now: Instant): number {
  const { connectedAt, leaderSeenAt } = facts;
  if (kind === 'idle' || kind === 'leading' || connectedAt === undefined) return 0;
  const askedMs = elapsedMs(connectedAt, now);
  return leaderSeenAt === undefined ? askedMs : Math.min(askedMs, elapsedMs(leaderSeenAt, now));
}

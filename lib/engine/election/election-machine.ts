/*
 * The election, as a pure function of state and event.
 *
 * All candidates compete for one lease in the lease store. The store decides who leads; the local clock only ends
 * trust in its answer. The elector (elector.ts) posts events, performs the effects and posts the answers, one
 * question at a time, for as long as the process lives: no failed command ends it.
 *
 *             acquired                     renewed
 *   following ────────► leading (trusted) ◄─────┐
 *      ▲                 │   │     ▲            │
 *      │      deadline,  │   │     └── renewed ─┤
 *      │      lease lost │   └─ connection ► leading (suspended)
 *      ├─────────────────┘   or presence closed │ deadline, lease lost
 *      └────────────────────────────────────────┘
 *   leading ── resign ─► cooldown ── timer ─► following          any ── stop ─► idle
 *
 * INVARIANTS (each is a property in election-machine.spec.ts)
 *  1. Trust is computed, it is no flag: now is earlier than (the instant before the last confirmed command was
 *     written) + ttl − margin, by the clock that has moved more.
 *  2. A late answer never extends trust: trust counts from the question, and a term that has ended here stays ended
 *     whatever its renewal says. An answer to another question than the one in flight changes nothing.
 *  3. A term ends in this order: leading is over, the engine is called, the public event follows, then Redis.
 *  4. An answer is yes, no or unknown. Unknown changes nothing; it is settled by asking again with the same
 *     candidate id.
 *  5. A renewal creates no lease: a term begins only by the answer to an acquisition.
 *  6. The lease lives with its connection: when that closes, trust is suspended until a renewal on a new connection
 *     succeeds. A store that lost its memory (restarted empty) then has no two leaders: followers give the old leader
 *     a head start after every reconnect.
 *  7. Where a connection of its own shows the presence of a holder, its end suspends trust as well, and it is renewed at
 *     once: until that is confirmed, others may find the holder missing and end the term.
 *  8. While a process competes, a timer is set or a question is in flight. There is one timer, and one question.
 *
 * A leader that is seen to be gone (its connection has closed, found twice 250 ms apart) is followed at once. Only a
 * candidate whose own connection has been open for a while may report that: after a restart of the store all are gone
 * for a moment. A leader that is paused or cut off keeps its connection: it is followed when its ttl ends, as where
 * the store cannot see its clients.
 *
 * NOT PROMISED. A holder that is paused between its check and the effect of its work may overlap with its
 * successor; the claim, not the lease, makes ticks safe.
 */
import { remainingTrustMs } from '../../core/election/term.js';
import { onAcquireAnswer, onHeldObserved, onRenewAnswer } from './election-answers.js';
import { onPresence } from './election-presence.js';
import { askToProbe, onProbeAnswer, proberRank } from './election-probes.js';
import { onRequest } from './election-requests.js';
import {
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  type EventOf,
  type Following,
  type Leading,
  type Wait,
} from './election-state.js';
import {
  endByDeadline,
  endIfPast,
  endTerm,
  follow,
  isTermOf,
  publicTerm,
  type Decision,
} from './election-terms.js';
import {
  attemptAfter,
  attemptNow,
  checkOf,
  hasten,
  headStartLeftMs,
  mayFindMissing,
  reportedDelayMs,
  retryDelayMs,
  spreadMs,
  timerOf,
  untilDueMs,
  withFacts,
  type Moment,
} from './election-timing.js';

/** The state and the effects that follow an event. The effects are performed in their order; the timer is set first. */
export function decide(state: ElectionState, event: ElectionEvent, moment: Moment): Decision {
  const next = transition(state, event, moment);
  const timer = timerOf(next.state);
  if (timer === timerOf(state)) return next;
  const delayMs = timer && untilDueMs(timer, moment.now);
  return { ...next, effects: [{ kind: 'timer', delayMs }, ...next.effects] };
}

function transition(state: ElectionState, event: ElectionEvent, moment: Moment): Decision {
  switch (event.kind) {
    case 'start':
      return onStart(state, moment);
    case 'stop':
      return onStop(state, moment);
    case 'connected':
      return decision(onConnected(state, moment));
    case 'disconnected':
      return onDisconnected(state, event);
    case 'presence-lost':
    case 'presence-found':
    case 'holder-missing':
      return onPresence(state, event, moment);
    case 'timer':
      return onTimer(state, moment);
    case 'acquire-answer':
      return onAcquireAnswer(state, event, moment);
    case 'held-observed':
      return onHeldObserved(state, event, moment);
    case 'probe-answer':
      return onProbeAnswer(state, event, moment);
    case 'renew-answer':
      return onRenewAnswer(state, event, moment);
    case 'fenced':
      return onFenced(state, event, moment);
    default:
      return onRequest(state, event, moment);
  }
}

function onStart(state: ElectionState, moment: Moment): Decision {
  if (state.kind !== 'idle') return decision(state);
  const following = follow(state.facts);
  const { connection, rules } = state.facts;
  if (connection === 'open') return attempt(following, moment);
  return decision(attemptAfter(following, rules.timing.commandTimeoutMs, moment.now));
}

/** The lease of a term whose renewal is in flight is released after the answer. */
function onStop(state: ElectionState, { now }: Moment): Decision {
  const ended = state.kind === 'leading' ? endTerm(state, 'shutdown', now) : decision(state);
  const facts = { ...ended.state.facts, attempt: undefined };
  if (state.kind !== 'leading') return decision({ kind: 'idle', facts });
  const { question } = facts;
  if (question?.kind === 'renew') {
    const owing = { ...facts, question: { ...question, isReleasedAfter: true } };
    return { state: { kind: 'idle', facts: owing }, effects: ended.effects };
  }
  const { token } = state.term;
  const release = { kind: 'release', token, state: 'draining', isHandOver: false } as const;
  return { state: { kind: 'idle', facts }, effects: [...ended.effects, release] };
}

function onConnected(state: ElectionState, moment: Moment): ElectionState {
  const { connection, headStartFrom } = state.facts;
  const isFollowerAgain = connection === 'closed' && state.kind === 'following';
  const open = withFacts(state, {
    connection: 'open',
    connectedAt: moment.now,
    headStartFrom: isFollowerAgain ? moment.now : headStartFrom,
  });
  return attemptNow(open, moment.now);
}

function onDisconnected(state: ElectionState, { cause }: EventOf<'disconnected'>): Decision {
  const closed = withFacts(state, { connection: 'closed', connectedAt: undefined });
  if (closed.kind === 'idle') return decision(closed);
  const unavailable = { kind: 'unavailable', cause } as const;
  if (closed.kind !== 'leading' || closed.isSuspended) return decision(closed, unavailable);
  const suspended = { type: 'leader.suspended', term: publicTerm(closed.term) } as const;
  return decision({ ...closed, isSuspended: true }, unavailable, { kind: 'public', event: suspended });
}

/** The timer has fired for the deadline, for a probe, or for the next attempt. */
function onTimer(state: ElectionState, moment: Moment): Decision {
  const due = timerOf(state);
  if (state.kind === 'leading') return onTimerOfLeader(state, due, moment);
  const isProbe = state.kind === 'following' && due !== undefined && due === state.probe;
  return isProbe ? onProbeDue(state, due, moment) : onAttemptDue(state, moment);
}

/** After a pause an attempt may be due as well: it is more than a probe. */
function onProbeDue(state: Following, probe: Wait, moment: Moment): Decision {
  const { attempt: next } = state.facts;
  const isDue = next !== undefined && untilDueMs(next, moment.now) <= 0;
  if (isDue) return onAttemptDue({ ...state, probe: undefined }, moment);
  return withDelay(askToProbe(state, moment), probe, moment);
}

/** The deadline comes before any other work. A timer may fire a part of a millisecond early: it counts all the same. */
function onTimerOfLeader(state: Leading, due: Wait | undefined, moment: Moment): Decision {
  const { now } = moment;
  const { attempt: next, rules } = state.facts;
  const isDue = next !== undefined && (next === due || untilDueMs(next, now) <= 0);
  if (remainingTrustMs(state.askedAt, now, rules.timing) > 0) {
    const checked = { ...state, check: checkOf(state, now) };
    return isDue ? onAttemptDue(checked, moment) : decision(checked);
  }
  const ended = endIfPast(state, moment);
  return isDue ? withDelay({ ...ended, state: attemptAfter(ended.state, 0, now) }, next, moment) : ended;
}

function onAttemptDue(state: ElectionState, moment: Moment): Decision {
  const { attempt: due } = state.facts;
  return withDelay(attempt(withFacts(state, { attempt: undefined }), moment), due, moment);
}

/** Reports a timer that has fired late. */
function withDelay(decided: Decision, due: Wait | undefined, { now }: Moment): Decision {
  const delayMs = due && reportedDelayMs(due, now);
  if (delayMs === undefined) return decided;
  const delayed = { kind: 'public', event: { type: 'process.delayed', delayMs } } as const;
  return decision(decided.state, ...decided.effects, delayed);
}

/** Makes the attempt that is due: renews, acquires, or waits. The answer to a question in flight makes the next one. */
function attempt(state: ElectionState, moment: Moment): Decision {
  const { now } = moment;
  const current = state.kind === 'cooldown' ? follow(state.facts) : state;
  if (current.kind === 'idle' || current.facts.question !== undefined) return decision(current);
  if (current.kind === 'leading') return attemptOfLeader(current, moment);
  const headStartMs = headStartLeftMs(current.facts, now);
  if (headStartMs > 0) return decision(attemptAfter(current, headStartMs + spreadMs(moment), now));
  return askToAcquire(current, moment);
}

function attemptOfLeader(state: Leading, moment: Moment): Decision {
  const { timing } = state.facts.rules;
  if (remainingTrustMs(state.askedAt, moment.now, timing) > 0) return askToRenew(state, moment);
  const ended = endByDeadline(state, moment.now);
  const delayMs = retryDelayMs(timing, moment);
  return { ...ended, state: attemptAfter(ended.state, delayMs, moment.now) };
}

function askToRenew(state: Leading, { now }: Moment): Decision {
  const asked = state.facts.asked + 1;
  const { token } = state.term;
  const basics = { id: asked, askedAt: now, hastenedMs: Infinity };
  const question = { ...basics, kind: 'renew', token, isReleasedAfter: false } as const;
  const limitMs = remainingTrustMs(state.askedAt, now, state.facts.rules.timing);
  const ask = { kind: 'ask-renew', question: asked, askedAt: now, token, limitMs } as const;
  return decision(withFacts(state, { asked, question }), ask);
}

function askToAcquire(state: Following, moment: Moment): Decision {
  const { facts } = state;
  const { now } = moment;
  const asked = facts.asked + 1;
  const question = { id: asked, askedAt: now, hastenedMs: Infinity, kind: 'acquire' } as const;
  const evidence = mayFindMissing(facts, now);
  const { endedToken } = facts;
  const basics = { kind: 'ask-acquire', question: asked, askedAt: now } as const;
  const ask = { ...basics, endedToken, evidence, proberRank: proberRank(facts, moment) };
  return decision(withFacts(state, { asked, question }), ask);
}

/** Not followed by an attempt at once: while two connections speak with two servers, each new term is refused as well. */
function onFenced(state: ElectionState, { token }: EventOf<'fenced'>, moment: Moment): Decision {
  if (!isTermOf(state, token)) return decision(state);
  const { state: ended, effects } = endTerm(state, 'lease-lost', moment.now);
  const delayMs = retryDelayMs(state.facts.rules.timing, moment);
  return decision(hasten(ended, delayMs, moment.now), { kind: 'distrusted' }, ...effects);
}

function decision(state: ElectionState, ...effects: readonly ElectionEffect[]): Decision {
  return { state, effects };
}

import { describe, expect, it } from '@jest/globals';

import type { HeldLease } from '../../../../lib/ports/lease-store.js';
import { decide } from '../../../../lib/engine/election/election-machine.js';
import {
  initialState,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
} from '../../../../lib/engine/election/election-state.js';
import { HELD, pass, RENEWED, RULES, START, TIMING, UNKNOWN } from '../../../support/election-walk.js';

const TOKEN = 7;
const TRUST_MS = TIMING.ttlMs - TIMING.marginMs;
/** With the chance of one half: of 50 ms, and between 200 and 500 ms. */
const SPREAD_MS = 25;
const RETRY_MS = 350;
const LED_LONG_MS = 2 * RULES.restMs;

function decideAt(ms: number, state: ElectionState, event: ElectionEvent, deferMs = 0) {
  return decide(state, event, { now: pass(START, ms), chance: () => 0.5, deferMs });
}

function after(ms: number, state: ElectionState, ...events: readonly ElectionEvent[]): ElectionState {
  return events.reduce((before, event) => decideAt(ms, before, event).state, state);
}

function shown(effect: ElectionEffect): string {
  if (effect.kind === 'timer') return `timer ${effect.delayMs}`;
  return effect.kind === 'public' ? effect.event.type : effect.kind;
}

const connected = { kind: 'connected' } as const;
const disconnected = { kind: 'disconnected', cause: 'closed' } as const;
const start = { kind: 'start' } as const;
const timer = { kind: 'timer' } as const;
const acquired = (question = 1): ElectionEvent => ({
  kind: 'acquire-answer',
  question,
  answer: { kind: 'acquired', token: TOKEN, acquiredAt: START.wallMs, now: START.wallMs },
});
const heldBy = (lease: HeldLease): readonly ElectionEvent[] => [
  { kind: 'acquire-answer', question: 1, answer: lease },
  { kind: 'held-observed', question: 1, lease },
];
const acquireUnknown: ElectionEvent = { kind: 'acquire-answer', question: 1, answer: UNKNOWN };
const renewed = (shouldResign = false): ElectionEvent => ({
  kind: 'renew-answer',
  question: 2,
  answer: { ...RENEWED, shouldResign },
});
const lost: ElectionEvent = { kind: 'renew-answer', question: 2, answer: { kind: 'lost' } };
const renewUnknown: ElectionEvent = { kind: 'renew-answer', question: 2, answer: UNKNOWN };
const requested = (job: string, mayStandStill = false): ElectionEvent => ({
  kind: 'resign-requested',
  token: TOKEN,
  job,
  mayStandStill,
});

const idle = initialState(RULES);
const ready = after(0, idle, connected);
const acquiring = after(0, ready, start);
const following = after(0, acquiring, ...heldBy(HELD));
const leading = after(0, acquiring, acquired());
const renewing = after(100, leading, { kind: 'report-soon' }, timer);
const suspended = after(100, leading, disconnected);
const cooldown = after(100, leading, { kind: 'resign', call: 1 });
const headStart = after(100, following, disconnected, connected);

interface Row {
  readonly from: ElectionState;
  readonly event: ElectionEvent;
  readonly atMs?: number;
  readonly deferMs?: number;
  readonly to: object;
  readonly effects: readonly string[];
}

const lead = { kind: 'leading', term: { token: TOKEN } };
const follow = { kind: 'following' };
const TERM_LOST = ['term-ended', 'leader.lost'];

const ROWS: Readonly<Record<string, Row>> = {
  'starts without a connection': { from: idle, event: start, to: follow, effects: ['timer 1000'] },
  'asks at once where it is connected': { from: ready, event: start, to: follow, effects: ['ask-acquire'] },
  'does not start twice': { from: following, event: start, to: following, effects: [] },
  'begins a term': {
    from: acquiring,
    event: acquired(),
    atMs: 10,
    to: { ...lead, isSuspended: false, facts: { attempt: { delayMs: 2990 } } },
    effects: ['timer 1000', 'term-began', 'leader.elected'],
  },
  'begins no term by an answer that comes after its deadline': {
    from: acquiring,
    event: acquired(),
    atMs: TRUST_MS,
    to: follow,
    effects: ['timer 0'],
  },
  'releases what it is granted after it stopped': {
    from: after(0, acquiring, { kind: 'stop' }),
    event: acquired(),
    to: { kind: 'idle' },
    effects: ['release'],
  },
  'follows another leader, and has the observer see the lease before it plans': {
    from: acquiring,
    event: { kind: 'acquire-answer', question: 1, answer: HELD },
    to: { followed: { token: HELD.token }, facts: { question: { id: 1 } } },
    effects: ['leader.followed', 'held', 'then'],
  },
  'probes at the next interval at the latest': {
    from: after(0, acquiring, { kind: 'acquire-answer', question: 1, answer: HELD }),
    event: { kind: 'held-observed', question: 1, lease: HELD },
    to: follow,
    effects: ['timer 3000'],
  },
  'asks when the lease of another leader ends': {
    from: acquiring,
    event: { kind: 'held-observed', question: 1, lease: { ...HELD, remainingMs: 500 } },
    to: follow,
    effects: [`timer ${501 + SPREAD_MS}`],
  },
  'asks again soon about a leader that is missing, later where it knows a better candidate': {
    from: acquiring,
    event: { kind: 'held-observed', question: 1, lease: { ...HELD, missingMs: 250 } },
    deferMs: 250,
    to: follow,
    effects: ['timer 501'],
  },
  'waits for a lease that is free and may still be trusted': {
    from: acquiring,
    event: { kind: 'acquire-answer', question: 1, answer: { kind: 'wait', remainingMs: 700 } },
    to: follow,
    effects: [`timer ${701 + SPREAD_MS}`],
  },
  'asks again when it had no answer': {
    from: acquiring,
    event: acquireUnknown,
    to: follow,
    effects: [`timer ${RETRY_MS}`],
  },
  'gives the old leader a head start after a reconnect': {
    from: headStart,
    event: timer,
    atMs: 100,
    to: follow,
    effects: [`timer ${1000 + SPREAD_MS}`],
  },
  'competes when the lease is released': {
    from: following,
    event: { kind: 'lease-freed' },
    to: follow,
    effects: [`timer ${SPREAD_MS}`],
  },
  'lets a better candidate go first': {
    from: following,
    event: { kind: 'lease-freed' },
    deferMs: 250,
    to: follow,
    effects: [`timer ${250 + SPREAD_MS}`],
  },
  'probes its leader soon after a tick': {
    from: following,
    event: { kind: 'tick-due' },
    to: follow,
    effects: ['timer 100'],
  },
  'does not probe twice within half a second': {
    from: after(0, following, { kind: 'tick-due' }),
    event: { kind: 'tick-due' },
    atMs: 499,
    to: follow,
    effects: [],
  },
  'renews what it has to report': {
    from: leading,
    event: { kind: 'report-soon' },
    atMs: 100,
    to: lead,
    effects: ['timer 0'],
  },
  'checks the deadline': { from: leading, event: timer, atMs: 1000, to: lead, effects: ['timer 1000'] },
  'renews and reports a delay after a pause': {
    from: leading,
    event: timer,
    atMs: 4000,
    to: lead,
    effects: ['timer 1000', 'ask-renew', 'process.delayed'],
  },
  'extends its trust from the question': {
    from: renewing,
    event: renewed(),
    atMs: 200,
    to: { ...lead, askedAt: pass(START, 100), facts: { attempt: { delayMs: 2900 } } },
    effects: ['timer 1000', 'renewed'],
  },
  'resumes a suspended term by a renewal': {
    from: after(200, renewing, disconnected, connected),
    event: renewed(),
    atMs: 200,
    to: { ...lead, isSuspended: false },
    effects: ['timer 0', 'term-resumed', 'leader.resumed', 'renewed'],
  },
  'resigns as a renewal asks, after the news': {
    from: renewing,
    event: renewed(true),
    atMs: 200,
    to: lead,
    effects: ['timer 1000', 'renewed', 'then'],
  },
  'ends a term that the store does not know': {
    from: renewing,
    event: lost,
    atMs: 200,
    to: follow,
    effects: ['timer 0', ...TERM_LOST],
  },
  'renews again when it had no answer': {
    from: renewing,
    event: renewUnknown,
    atMs: 200,
    to: lead,
    effects: [`timer ${RETRY_MS}`],
  },
  'ends a term whose renewal is confirmed too late': {
    from: renewing,
    event: renewed(),
    atMs: TRUST_MS,
    to: follow,
    effects: [`timer ${RETRY_MS}`, 'distrusted', ...TERM_LOST],
  },
  'ends a term at its deadline': {
    from: suspended,
    event: timer,
    atMs: TRUST_MS,
    to: follow,
    effects: ['timer -6000', 'distrusted', ...TERM_LOST],
  },
  'suspends its trust when the connection closes': {
    from: leading,
    event: disconnected,
    to: { ...lead, isSuspended: true },
    effects: ['unavailable', 'leader.suspended'],
  },
  'reports a connection that closes again, and no second suspension': {
    from: suspended,
    event: disconnected,
    atMs: 100,
    to: suspended,
    effects: ['unavailable'],
  },
  'renews at once on a new connection': {
    from: suspended,
    event: connected,
    atMs: 100,
    to: { ...lead, isSuspended: true },
    effects: ['timer 0'],
  },
  'ends a term that is fenced': {
    from: leading,
    event: { kind: 'fenced', token: TOKEN },
    to: follow,
    effects: [`timer ${RETRY_MS}`, 'distrusted', ...TERM_LOST],
  },
  'does not mind that an earlier term is fenced': {
    from: leading,
    event: { kind: 'fenced', token: TOKEN - 1 },
    to: leading,
    effects: [],
  },
  'resigns, and does not compete for one ttl': {
    from: leading,
    event: { kind: 'resign', call: 1 },
    to: { kind: 'cooldown' },
    effects: ['timer 10000', ...TERM_LOST, 'release'],
  },
  'declines to resign where it does not lead': {
    from: following,
    event: { kind: 'resign', call: 1 },
    to: following,
    effects: ['declined'],
  },
  'resigns where a person asks': {
    from: leading,
    event: requested(''),
    to: { kind: 'cooldown' },
    effects: ['timer 10000', ...TERM_LOST, 'release'],
  },
  'does not resign over a job that may stand still': {
    from: leading,
    event: requested('job', true),
    to: lead,
    effects: ['resign-refused'],
  },
  'does not resign over a job before it has led for two ttls': {
    from: leading,
    event: requested('job'),
    atMs: LED_LONG_MS - 1,
    to: lead,
    effects: [],
  },
  'resigns over a job when it has led for two ttls': {
    from: leading,
    event: requested('job'),
    atMs: LED_LONG_MS,
    to: { kind: 'cooldown' },
    effects: ['timer 10000', 'distrusted', ...TERM_LOST, 'release'],
  },
  'hands over, and competes again after a second': {
    from: leading,
    event: { kind: 'hand-over', token: TOKEN, isMove: true },
    atMs: 500,
    to: { kind: 'cooldown' },
    effects: ['timer 1000', ...TERM_LOST, 'release'],
  },
  'competes again after its cooldown': {
    from: cooldown,
    event: timer,
    atMs: 10_100,
    to: follow,
    effects: ['timer undefined', 'ask-acquire'],
  },
  'waits for the answer to its last renewal where the cooldown ends first': {
    from: after(100, renewing, { kind: 'hand-over', token: TOKEN, isMove: false }),
    event: timer,
    atMs: 1100,
    to: { ...follow, facts: { question: { id: 2 } } },
    effects: ['timer undefined'],
  },
  'stops a follower': {
    from: following,
    event: { kind: 'stop' },
    to: { kind: 'idle' },
    effects: ['timer undefined'],
  },
  'stops a leader, and releases its lease': {
    from: leading,
    event: { kind: 'stop' },
    to: { kind: 'idle' },
    effects: ['timer undefined', ...TERM_LOST, 'release'],
  },
  'stops a leader whose renewal is in flight': {
    from: renewing,
    event: { kind: 'stop' },
    atMs: 100,
    to: { kind: 'idle' },
    effects: ['timer undefined', ...TERM_LOST],
  },
  'releases the lease when that renewal is answered': {
    from: after(100, renewing, { kind: 'stop' }),
    event: renewed(),
    atMs: 200,
    to: { kind: 'idle', facts: { question: undefined } },
    effects: ['release'],
  },
};

describe('a candidate', () => {
  it.each(Object.entries(ROWS))('%s', (_, { from, event, atMs = 0, deferMs, to, effects }) => {
    const decision = decideAt(atMs, from, event, deferMs);
    expect(decision.state).toMatchObject(to);
    expect(decision.effects.map(shown)).toEqual(effects);
  });
});

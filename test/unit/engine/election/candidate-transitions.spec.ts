import { describe, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { HELD } from '../../../support/election-walk.js';
import {
  acquired,
  acquireUnknown,
  acquiring,
  after,
  cooldown,
  expectDecision,
  follow,
  following,
  headStart,
  idle,
  lead,
  ready,
  RETRY_MS,
  SPREAD_MS,
  start,
  timer,
  TRUST_MS,
  type Row,
} from '../../../support/election-states.js';

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
  'declines to resign where it does not lead': {
    from: following,
    event: { kind: 'resign', call: 1 },
    to: following,
    effects: ['declined'],
  },
  'competes again after its cooldown': {
    from: cooldown,
    event: timer,
    atMs: 10.1 * SECOND,
    to: follow,
    effects: ['timer undefined', 'ask-acquire'],
  },
  'stops a follower': {
    from: following,
    event: { kind: 'stop' },
    to: { kind: 'idle' },
    effects: ['timer undefined'],
  },
};

describe('a candidate', () => {
  it.each(Object.entries(ROWS))('%s', (_, row) => expectDecision(row));
});

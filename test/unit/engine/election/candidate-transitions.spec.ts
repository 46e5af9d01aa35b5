import { describe, expect, it } from '@jest/globals';

import { decide } from '../../../../lib/engine/election/election-machine.js';
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
  heldBy,
  idle,
  lead,
  probed,
  probeUnknown,
  probing,
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
    effects: ['timer 2990', 'term-began', 'leader.elected'],
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
  'does not probe where the store has not made it a prober': {
    from: after(0, acquiring, ...heldBy({ ...HELD, isProber: false })),
    event: { kind: 'tick-due' },
    to: { kind: 'following', probe: undefined, probedAt: undefined },
    effects: [],
  },
  'does not probe twice within half a second': {
    from: after(0, following, { kind: 'tick-due' }),
    event: { kind: 'tick-due' },
    atMs: 499,
    to: follow,
    effects: [],
  },
  'asks a small question, and keeps the attempt that is due': {
    from: after(0, following, { kind: 'tick-due' }),
    event: timer,
    atMs: 100,
    to: {
      kind: 'following',
      probe: undefined,
      facts: { question: { kind: 'probe' }, attempt: { delayMs: 3000 } },
    },
    effects: ['timer 2900', 'ask-probe'],
  },
  'goes on where its leader is there': {
    from: probing,
    event: probed('there'),
    atMs: 101,
    to: {
      kind: 'following',
      facts: { question: undefined, attempt: { delayMs: 3000 }, leaderSeenAt: { monoMs: 5101 } },
    },
    effects: [],
  },
  'makes an attempt at once where a probe finds something changed': {
    from: probing,
    event: probed('changed'),
    atMs: 101,
    to: { kind: 'following', facts: { leaderSeenAt: { monoMs: 5000 } } },
    effects: ['timer 0'],
  },
  'makes an attempt soon where a probe has no answer': {
    from: probing,
    event: probeUnknown,
    atMs: 101,
    to: { kind: 'following', facts: { leaderSeenAt: { monoMs: 5000 } } },
    effects: [`timer ${RETRY_MS}`],
  },
  'makes an attempt after the answer, where it became due during a probe': {
    from: after(3000, probing, timer),
    event: probed('there'),
    atMs: 3001,
    to: follow,
    effects: ['timer 0'],
  },
  'makes an attempt in place of a probe, where both are due': {
    from: after(0, following, { kind: 'tick-due' }),
    event: timer,
    atMs: 3500,
    to: { kind: 'following', probe: undefined },
    effects: ['timer undefined', 'ask-acquire'],
  },
  'reports a probe that is late': {
    from: after(0, following, { kind: 'tick-due' }),
    event: timer,
    atMs: 1100,
    to: { facts: { question: { kind: 'probe' } } },
    effects: ['timer 1900', 'ask-probe', 'process.delayed'],
  },
  'makes an attempt after the question in flight, where a probe is due meanwhile': {
    from: after(0, after(0, following, { kind: 'tick-due' }, { kind: 'report-soon' }), timer),
    event: timer,
    atMs: 100,
    to: { kind: 'following', probe: undefined, facts: { question: { kind: 'acquire', hastenedMs: 0 } } },
    effects: ['timer undefined'],
  },
  'lets a better candidate go first also by a probe that was due before': {
    from: after(0, following, { kind: 'tick-due' }),
    event: { kind: 'lease-freed' },
    deferMs: 250,
    to: { kind: 'following', probe: undefined },
    effects: [`timer ${250 + SPREAD_MS}`],
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

  it('does not compute whether it knows a better one at a tick after which it does not probe', () => {
    const state = after(0, acquiring, ...heldBy({ ...HELD, isProber: false }));
    const moment = {
      now: { wallMs: 0, monoMs: 0 },
      chance: () => 0,
      get deferMs(): number {
        throw new Error('computed');
      },
    };
    expect(decide(state, { kind: 'tick-due' }, moment)).toEqual({ state, effects: [] });
  });
});

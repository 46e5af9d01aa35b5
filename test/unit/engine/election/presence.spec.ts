import { describe, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import {
  acquired,
  acquiring,
  after,
  disconnected,
  expectDecision,
  follow,
  following,
  heldBy,
  lead,
  leading,
  renewed,
  renewing,
  suspended,
  TOKEN,
  type Row,
} from '../../../support/election-states.js';
import { HELD } from '../../../support/election-walk.js';

const lostPresence = { kind: 'presence-lost' } as const;
const found = { kind: 'presence-found' } as const;
const missed = (token: number) => ({ kind: 'holder-missing', token }) as const;
const at = (delayMs: number) => ({ facts: { attempt: { delayMs } } });

const ROWS: Readonly<Record<string, Row>> = {
  'suspends its trust when its presence is lost, and renews at once': {
    from: leading,
    event: lostPresence,
    atMs: SECOND,
    to: { ...lead, isSuspended: true, ...at(0) },
    effects: ['timer 0', 'leader.suspended'],
  },
  'is not resumed by a renewal that was asked before, and renews once more': {
    from: after(200, renewing, lostPresence),
    event: renewed(),
    atMs: 300,
    to: { ...lead, isSuspended: true, ...at(0) },
    effects: ['timer 0', 'renewed'],
  },
  'suspends no term twice': {
    from: suspended,
    event: lostPresence,
    atMs: 200,
    to: { ...lead, isSuspended: true },
    effects: [],
  },
  'begins suspended where its presence was lost while it asked': {
    from: after(10, acquiring, lostPresence),
    event: acquired(),
    atMs: 20,
    to: { ...lead, isSuspended: true, ...at(0) },
    effects: ['timer 0', 'term-began', 'leader.elected'],
  },
  'asks nothing on a connection that has closed': {
    from: after(100, renewing, disconnected),
    event: lostPresence,
    atMs: 200,
    to: { ...lead, facts: { question: { hastenedMs: Infinity } } },
    effects: [],
  },
  'records a presence that is back a second after its last renewal': {
    from: leading,
    event: found,
    atMs: 400,
    to: { ...lead, isSuspended: false, ...at(600) },
    effects: ['timer 600'],
  },
  'records it at once where that was earlier': {
    from: leading,
    event: found,
    atMs: 1.5 * SECOND,
    to: { ...lead, ...at(0) },
    effects: ['timer 0'],
  },
  'renews when others miss it': {
    from: leading,
    event: missed(TOKEN),
    atMs: 100,
    to: { ...lead, isSuspended: false, ...at(0) },
    effects: ['timer 0'],
  },
  'renews again after the renewal in flight': {
    from: renewing,
    event: missed(TOKEN),
    atMs: 100,
    to: { ...lead, facts: { question: { hastenedMs: 0 } } },
    effects: [],
  },
  'does not renew for another term that is missed': {
    from: leading,
    event: missed(TOKEN + 1),
    atMs: 100,
    to: leading,
    effects: [],
  },
};

const OF_FOLLOWERS: Readonly<Record<string, Row>> = {
  'asks nothing more when its own presence is lost': {
    from: following,
    event: lostPresence,
    atMs: 100,
    to: { ...follow, facts: { attempt: following.facts.attempt } },
    effects: [],
  },
  'asks nothing more when it is back, nor when the leader is missed': {
    from: after(100, following, found),
    event: missed(TOKEN),
    atMs: 100,
    to: { ...follow, facts: { attempt: following.facts.attempt } },
    effects: [],
  },
  'asks once more where its presence was lost while it asked': {
    from: after(10, acquiring, lostPresence, ...heldBy(HELD).slice(0, 1)),
    event: { kind: 'held-observed', question: 1, lease: HELD },
    atMs: 20,
    to: { ...follow, ...at(0) },
    effects: ['timer 0'],
  },
};

describe('a leader', () => {
  it.each(Object.entries(ROWS))('%s', (_, row) => expectDecision(row));
});

describe('a follower', () => {
  it.each(Object.entries(OF_FOLLOWERS))('%s', (_, row) => expectDecision(row));
});

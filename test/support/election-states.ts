import { expect } from '@jest/globals';

import type { HeldLease } from '../../lib/ports/lease-store.js';
import { decide } from '../../lib/engine/election/election-machine.js';
import {
  initialState,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
} from '../../lib/engine/election/election-state.js';
import { HELD, pass, RENEWED, RULES, START, TIMING, UNKNOWN } from './election-walk.js';

export const TOKEN = 7;
export const TRUST_MS = TIMING.ttlMs - TIMING.marginMs;
/** With the chance of one half: of 50 ms, and between 200 and 500 ms. */
export const SPREAD_MS = 25;
export const RETRY_MS = 350;
export const LED_LONG_MS = 2 * RULES.restMs;

function decideAt(ms: number, state: ElectionState, event: ElectionEvent, deferMs = 0) {
  return decide(state, event, { now: pass(START, ms), chance: () => 0.5, deferMs });
}

export function after(ms: number, state: ElectionState, ...events: readonly ElectionEvent[]): ElectionState {
  return events.reduce((before, event) => decideAt(ms, before, event).state, state);
}

function shown(effect: ElectionEffect): string {
  if (effect.kind === 'timer') return `timer ${effect.delayMs}`;
  return effect.kind === 'public' ? effect.event.type : effect.kind;
}

export const connected = { kind: 'connected' } as const;
export const disconnected = { kind: 'disconnected', cause: 'closed' } as const;
export const start = { kind: 'start' } as const;
export const timer = { kind: 'timer' } as const;
export const acquired = (question = 1): ElectionEvent => ({
  kind: 'acquire-answer',
  question,
  answer: { kind: 'acquired', token: TOKEN, acquiredAt: START.wallMs, now: START.wallMs },
});
export const heldBy = (lease: HeldLease): readonly ElectionEvent[] => [
  { kind: 'acquire-answer', question: 1, answer: lease },
  { kind: 'held-observed', question: 1, lease },
];
export const probed = (kind: 'there' | 'changed'): ElectionEvent => ({
  kind: 'probe-answer',
  question: 2,
  answer: { kind },
});
export const probeUnknown: ElectionEvent = { kind: 'probe-answer', question: 2, answer: UNKNOWN };
export const acquireUnknown: ElectionEvent = { kind: 'acquire-answer', question: 1, answer: UNKNOWN };
export const renewed = (shouldResign = false): ElectionEvent => ({
  kind: 'renew-answer',
  question: 2,
  answer: { ...RENEWED, shouldResign },
});
export const lost: ElectionEvent = { kind: 'renew-answer', question: 2, answer: { kind: 'lost' } };
export const renewUnknown: ElectionEvent = { kind: 'renew-answer', question: 2, answer: UNKNOWN };
export const requested = (job: string, mayStandStill = false): ElectionEvent => ({
  kind: 'resign-requested',
  token: TOKEN,
  job,
  mayStandStill,
});

export const idle = initialState(RULES);
export const ready = after(0, idle, connected);
export const acquiring = after(0, ready, start);
export const following = after(0, acquiring, ...heldBy(HELD));
/** A tick was due at 0, and the probe is in flight since 100. */
export const probing = after(100, after(0, following, { kind: 'tick-due' }), { kind: 'timer' });
export const leading = after(0, acquiring, acquired());
export const renewing = after(100, leading, { kind: 'report-soon' }, timer);
export const suspended = after(100, leading, disconnected);
export const cooldown = after(100, leading, { kind: 'resign', call: 1 });
export const headStart = after(100, following, disconnected, connected);

export interface Row {
  readonly from: ElectionState;
  readonly event: ElectionEvent;
  readonly atMs?: number;
  readonly deferMs?: number;
  readonly to: object;
  readonly effects: readonly string[];
}

export const lead = { kind: 'leading', term: { token: TOKEN } };
export const follow = { kind: 'following' };
export const TERM_LOST = ['term-ended', 'leader.lost'];

/** Decides the row, and compares the new state and the effects, in order. */
export function expectDecision({ from, event, atMs = 0, deferMs, to, effects }: Row): void {
  const decision = decideAt(atMs, from, event, deferMs);
  expect(decision.state).toMatchObject(to);
  expect(decision.effects.map(shown)).toEqual(effects);
}

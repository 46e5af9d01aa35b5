import { describe, expect, it } from '@jest/globals';

import { createPaint } from '../../../lib/cli/paint.js';
import { podsText, shownPods } from '../../../lib/cli/pods.js';
import type { Snapshot } from '../../../lib/cli/session.js';
import { SECOND } from '../../support/durations.js';

const NOW = 100 * SECOND;

const pod = (podId: string, silentMs: number) => ({
  podId,
  since: 0,
  seenAt: NOW - silentMs,
  version: '1.2.3',
  aheadMs: undefined,
});

const snapshotOf = (remainingMs: number): Snapshot => ({
  lease: { kind: 'held', holder: 'pod-a', token: 3, remainingMs, acquiredAt: 0 },
  pods: [pod('pod-a', 2 * SECOND), pod('pod-b', 15 * SECOND), pod('pod-c', 61 * SECOND)],
  jobs: new Map(),
  states: { now: NOW, pause: undefined, jobs: [] },
});

const goneIn = (remainingMs: number, ttlMs: number) =>
  shownPods(snapshotOf(remainingMs), ttlMs).flatMap(({ podId, isGone }) => (isGone ? [podId] : []));

describe('the pods of a scheduler', () => {
  it('are gone when they were silent for the ttl', () => {
    expect(goneIn(8 * SECOND, 10 * SECOND)).toEqual(['pod-b', 'pod-c']);
    expect(goneIn(8 * SECOND, 20 * SECOND)).toEqual(['pod-c']);
  });

  it('are measured by the lease where its ttl is longer than the one that is known here', () => {
    expect(goneIn(18 * SECOND, 10 * SECOND)).toEqual(['pod-c']);
  });

  it('are shown as gone, and not as followers', () => {
    const text = podsText(shownPods(snapshotOf(8 * SECOND), 10 * SECOND), NOW, {
      width: 80,
      paint: createPaint(false),
    });
    expect(text).toMatch(/^pod-a +leader +1m ago +2s ago/m);
    expect(text).toMatch(/^pod-b +gone +1m ago +15s ago/m);
  });
});

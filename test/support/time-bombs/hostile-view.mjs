/*
 * The view of the command line of a scheduler of which every text is the one that is given.
 */
const NOW = Date.UTC(2030, 0, 1);

/** @param {string} text */
export function hostileRecord(text) {
  const facts = { pod: text, app: text, version: text, schedule: text };
  return {
    job: text,
    tick: NOW,
    manual: false,
    handle: text,
    runId: text,
    state: 'failed',
    token: 1,
    attempt: 1,
    at: NOW,
    reason: text,
    facts: { ...facts, errorName: text, errorMessage: text, errorStack: text, startedAt: NOW, durationMs: 1 },
  };
}

/** @param {string} text */
export function hostileSession(text) {
  const record = hostileRecord(text);
  const description = { schedule: text, timeZone: text, definedAt: text, overlap: 'skip', catchUp: 'all' };
  const pause = { from: NOW, until: NOW + 1000, reason: text };
  const state = { watermark: { watermark: NOW, schedule: text }, pause, override: text, lastRun: record };
  const snapshot = {
    lease: { kind: 'held', holder: text, token: 1, remainingMs: 1000, acquiredAt: NOW },
    pods: [{ candidateId: text, seenAt: NOW, since: NOW, version: text, aheadMs: 1 }],
    jobs: new Map([[text, { ...description, isStopped: false }]]),
    states: { now: NOW, pause, jobs: [state] },
  };
  const view = {
    history: { history: async () => [record], running: async () => [record] },
    lease: { requestResignation: async () => undefined },
  };
  const request = { id: text, job: text, tick: NOW };
  return {
    target: { leaderKey: text },
    refresh: async () => snapshot,
    snapshot: async () => snapshot,
    stopped: async () => ({ stoppedOn: new Map([[text, [text]]]), pods: new Set([text]) }),
    find: async () => ({ timeZone: undefined }),
    /** @param {(view: object, signal: AbortSignal) => unknown} send */
    ask: async send => send(view, new AbortController().signal),
    control: {
      pause: async () => ({ from: new Date(NOW), until: undefined, reason: text }),
      resume: async () => true,
      request: async () => request,
      outcome: async () => undefined,
      abort: async () => true,
      reschedule: async () => undefined,
    },
  };
}

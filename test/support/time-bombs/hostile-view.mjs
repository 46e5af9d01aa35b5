/*
 * The view of the command line of a scheduler of which every text is the one that is given.
 */
const NOW = Date.UTC(2030, 0, 1);

/**
 * Objects that several subjects share, with their names: each subject reads a part of one.
 *
 * @type {WeakMap<object, string>}
 */
export const SHARED = new WeakMap();

/**
 * @template {object} Value
 * @param {string} name
 * @param {Value} value
 */
function shared(name, value) {
  SHARED.set(value, name);
  return value;
}

/** @param {string} text */
export function hostileRecord(text) {
  const facts = { pod: text, app: text, version: text, schedule: text };
  const error = { errorName: text, errorMessage: text, errorStack: text };
  return shared('hostileRecord', {
    job: text,
    tick: NOW,
    manual: false,
    runId: text,
    state: 'failed',
    token: 1,
    attempt: 1,
    reason: text,
    facts: { ...facts, ...error, startedAt: NOW, durationMs: 1 },
  });
}

/** @param {string} text */
export function hostileRun(text) {
  return {
    outcome: 'failed',
    reason: text,
    error: { name: text, message: text },
    manual: true,
    catchUp: true,
    recovering: true,
    missed: undefined,
    durationMs: 1,
  };
}

/** @param {string} text */
export function hostileSession(text) {
  const record = hostileRecord(text);
  const description = { schedule: text, timeZone: text, definedAt: text, overlap: 'skip', catchUp: 'all' };
  const pause = { from: NOW, until: NOW + 1000, reason: text };
  const state = { pause, override: text, lastRun: record };
  const snapshot = shared('hostileSnapshot', {
    lease: { kind: 'held', holder: text, token: 1, remainingMs: 1000, acquiredAt: NOW },
    pods: [{ podId: text, seenAt: NOW, since: NOW, version: text, aheadMs: 1 }],
    jobs: new Map([[text, description]]),
    states: { now: NOW, pause, jobs: [state] },
  });
  const view = {
    history: { history: async () => [record], running: async () => [record] },
    lease: { requestResignation: async () => undefined },
  };
  const request = { id: text, job: text, tick: NOW };
  return shared('hostileSession', {
    target: { leaderKey: text },
    refresh: async () => snapshot,
    snapshot: async () => snapshot,
    stopped: async () => ({ stoppedOn: new Map([[text, [text]]]), pods: new Set([text]) }),
    find: async () => ({}),
    /** @param {(view: object, signal: AbortSignal) => unknown} send */
    ask: async send => send(view, new AbortController().signal),
    control: {
      pause: async () => ({ from: new Date(NOW), until: undefined, reason: text }),
      resume: async () => true,
      request: async () => request,
      outcome: async () => hostileRun(text),
      abortRun: async () => 'aborted',
      reschedule: async () => undefined,
    },
  });
}

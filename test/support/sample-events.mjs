/** @typedef {import('../../lib/core/events.js').ScheduleEvent} ScheduleEvent */
/** @typedef {import('../../lib/core/events.js').ScheduleEventFacts} ScheduleEventFacts */

const tick = new Date('2030-01-01T00:00:00Z');

/**
 * The facts of every event: each name and each text in them is the one that is given. It runs without jest as well.
 *
 * @param {string} text
 * @returns {ScheduleEventFacts}
 */
export function sampleFacts(text) {
  return { ...factsOfPods(text), ...factsOfRuns(text), ...factsOfJobs(text) };
}

/**
 * Every event, in the order of `sampleFacts`.
 *
 * @param {string} text
 */
export function sampleEvents(text) {
  const events = Object.entries(sampleFacts(text)).map(([type, facts]) => ({ type, ...facts }));
  return /** @type {ScheduleEvent[]} */ (events);
}

/** @param {string} text */
function factsOfPods(text) {
  const term = { token: 7, since: tick };
  return /** @satisfies {Partial<ScheduleEventFacts>} */ ({
    'leader.elected': { term },
    'leader.suspended': { term },
    'leader.resumed': { term },
    'leader.lost': { term, reason: 'deadline' },
    'leader.followed': { podId: text, token: 7 },
    'leader.unsteady': { podId: text },
    'leader.slow-takeover': { reason: text },
    'store.unavailable': { source: 'runs', cause: errorOf(text) },
    'store.recovered': { source: 'runs' },
    'store.invalid': { key: text, field: text, value: text, action: 'repaired' },
    'engine.error': { error: errorOf(text), repeats: 2 },
    'process.delayed': { delayMs: 1234.5 },
    'clock.stepped': { byMs: -40_000, clock: 'redis' },
    'jobs.different': {
      kind: 'jobs',
      podId: text,
      isInformation: false,
      missing: [text, 'x'],
      stopped: ['x'],
      schedules: [text],
      settings: [text],
    },
  });
}

/** @param {string} text */
function factsOfRuns(text) {
  const onTick = { job: text, tick };
  const kind = { catchUp: false, recovering: false, manual: false };
  const onRun = { ...onTick, runId: text, token: 7, attempt: 2, ...kind };
  return /** @satisfies {Partial<ScheduleEventFacts>} */ ({
    'job.started': { ...onRun, lagMs: 1 },
    'job.succeeded': { ...onRun, durationMs: 5 },
    'job.failed': { ...onRun, outcome: 'timed-out', durationMs: 5, error: errorOf(text) },
    'job.retrying': { ...onRun, delayMs: 12.3, error: errorOf(text) },
    'job.stale': { ...onRun, outcome: 'succeeded' },
    'job.blocked': { ...onTick, message: text },
    'job.skipped': { ...onTick, reason: 'late' },
    'job.missed': { ...onTick, since: tick, count: 3 },
    'job.abandoned': { ...onTick, runId: text, count: 1, ordinal: 1 },
  });
}

/** @param {string} text */
function factsOfJobs(text) {
  const onTick = { job: text, tick };
  return /** @satisfies {Partial<ScheduleEventFacts>} */ ({
    'job.rescheduled': { job: text, schedule: text, ownSchedule: `${text} before`, since: tick },
    'job.override-invalid': { job: text, override: text, error: errorOf(text) },
    'job.paused': { job: text, until: tick, reason: text },
    'job.resumed': { job: text },
    'job.requested': { ...onTick, requestId: text },
    'request.expired': { ...onTick, requestId: text, count: 1, ordinal: 1 },
    'job.overdue': { ...onTick, podId: text, watermark: tick, isResignationRequested: true, ordinal: 1 },
    'job.changed': { job: text, call: 'setTime' },
  });
}

/**
 * An error whose every text is the one that is given.
 *
 * @param {string} text
 */
export function errorOf(text) {
  const error = new Error(text, { cause: new Error(`${text}x`) });
  return Object.assign(error, { stack: `Error: ${text}\n    at ${text}`, code: text });
}

import { errorFacts } from '../core/errors/error-facts.js';
import type { LossReason, ScheduleEvent, ScheduleEventType, StoreSource } from '../core/events.js';
import type { FailedOutcome, SkipReason } from '../core/run/run-outcome.js';
import { oneLine } from '../core/errors/sanitize.js';
import { ALL_JOBS } from '../ports/control-store.js';
import { differenceText } from '../core/election/difference-text.js';

/** How much of a line is printed. */
const MAX_LINE = 2000;

/** One line of the log. */
export interface LogLine {
  readonly level: 'debug' | 'log' | 'warn' | 'error';
  readonly message: string;
  /** Where the error came from, line by line; nothing for other lines. */
  readonly stack?: string | undefined;
}

/** The line for an event; `undefined` while all is well. */
export function logLine<Type extends ScheduleEventType>(
  event: ScheduleEvent<Type>,
  pod: string,
): LogLine | undefined {
  const lineOf: LineOf<Type> = LINES[event.type];
  const line = lineOf(event, pod);
  return line && { ...line, message: oneLine(line.message, MAX_LINE) };
}

type LineOf<Type extends ScheduleEventType> = (
  event: ScheduleEvent<Type>,
  pod: string,
) => LogLine | undefined;

const LINES: { readonly [Type in ScheduleEventType]: LineOf<Type> } = {
  'leader.elected': ({ term }, pod) => log(`${pod} leads (token ${term.token})`),
  'leader.suspended': (_, pod) => warn(`${pod} does not lead for now: a connection to Redis is lost`),
  'leader.resumed': ({ term }, pod) => log(`${pod} leads again (token ${term.token})`),
  'leader.lost': ({ reason }, pod) => ({
    level: reason === 'deadline' || reason === 'lease-lost' ? 'warn' : 'log',
    message: `${pod} no longer leads: ${LOST[reason]}`,
  }),
  'leader.followed': ({ podId, token }, pod) => log(`${pod} follows ${podId} (token ${token})`),
  'leader.unsteady': ({ podId }, pod) =>
    warn(
      `${pod} hands over to ${podId}: leadership has moved three times in a short time to a pod with more jobs, because the jobs of the pods change. The next move waits twice as long; give every pod the same jobs`,
    ),
  'leader.slow-takeover': ({ reason }, pod) =>
    log(
      `Fast takeover is off: ${reason}. When ${pod} leads and crashes, another pod leads after leader.ttl. leader.fastTakeover: false silences this`,
    ),
  'store.unavailable': ({ source, cause }) => warn(`${UNAVAILABLE[source]}${messageOf(cause)}`),
  'store.recovered': ({ source }) => log(RECOVERED[source]),
  'store.invalid': ({ key, field, value, action }) =>
    warn(
      `Redis holds an invalid value, which ${INVALID[action]}: key ${key}${field === '' ? '' : `, field ${field}`}: '${value}'`,
    ),
  'engine.error': ({ error, repeats }, pod) => ({
    level: 'error',
    message: `An internal error on ${pod}${repeats === 0 ? '' : ` (and ${repeats} times since it was last logged)`}: ${messageOf(error)}; please report it with its stack`,
    stack: errorFacts(error).errorStack || undefined,
  }),
  'process.delayed': ({ delayMs }, pod) =>
    warn(`${pod} was late by ${Math.round(delayMs)} ms: its event loop was busy, or it was paused`),
  'jobs.different': found => ({
    level: found.isInformation ? 'log' : 'warn',
    message: `${differenceText(found)}${found.isInformation ? ' (a rolling update may be under way)' : ''}`,
  }),
  'clock.stepped': ({ byMs, clock }, pod) => {
    const moved = `moved ${byMs < 0 ? 'back' : 'forward'} by ${Math.abs(byMs)} ms`;
    return warn(
      clock === 'pod'
        ? `The wall clock of ${pod} ${moved}: it was set, or the machine slept`
        : `The clock of Redis ${moved} against that of ${pod}: it was set, or another server took over`,
    );
  },
  'job.started': nothing,
  'job.succeeded': nothing,
  'job.failed': (event, pod) => ({
    level: 'error',
    message: `Job ${event.job} ${FAILED[event.outcome]}: ${describe(event, pod)}: ${messageOf(event.error)}`,
    stack: errorFacts(event.error).errorStack || undefined,
  }),
  'job.retrying': (event, pod) =>
    warn(
      `Job ${event.job} is retried in ${Math.round(event.delayMs)} ms: ${describe(event, pod)}, attempt ${event.attempt}: ${messageOf(event.error)}`,
    ),
  'job.stale': (event, pod) =>
    warn(
      `Job ${event.job} ended (${event.outcome}) after its run had been given up: ${describe(event, pod)}; that is not recorded`,
    ),
  'job.blocked': ({ job, tick, message }) =>
    warn(`Job ${job} waits with its tick ${tick.toISOString()}: Redis refuses: ${message}`),
  'job.skipped': ({ job, tick, reason }) => ({
    level: ORDINARY.includes(reason) ? 'debug' : 'warn',
    message: `Job ${job} skipped its tick ${tick.toISOString()}: ${SKIPPED[reason]}`,
  }),
  'job.missed': ({ job, tick, since, count }) =>
    warn(
      `Job ${job} missed ${count} tick(s) after ${since.toISOString()}, the last one ${tick.toISOString()}`,
    ),
  'job.abandoned': event => (event.ordinal === 1 ? warn(abandoned(event)) : undefined),
  'job.rescheduled': ({ job, schedule, ownSchedule, since }) =>
    log(
      schedule === ownSchedule
        ? `Job ${job} follows its own schedule ${schedule} from now on`
        : `Job ${job} follows the schedule ${schedule} instead of its own, ${ownSchedule}${since === undefined ? '' : `, since ${since.toISOString()}`}; reschedule('${job}', null) ends that`,
    ),
  'job.override-invalid': ({ job, error }) =>
    warn(`Job ${job} follows its own schedule: the override cannot be read: ${messageOf(error)}`),
  'job.paused': ({ job, until, reason }) =>
    log(
      `${jobsIn(job)} paused ${until === undefined ? 'until resumed' : `until ${until.toISOString()}`}${reason === '' ? '' : `: ${reason}`}`,
    ),
  'job.resumed': ({ job }) => log(`${jobsIn(job)} resumed`),
  'job.requested': ({ job, tick, requestId }) =>
    log(
      `Job ${job} is to run beside its schedule, requested at ${tick.toISOString()} (request ${requestId})`,
    ),
  'request.expired': event => (event.ordinal === 1 ? warn(expired(event)) : undefined),
  'job.overdue': event => (event.ordinal === 1 ? warn(overdue(event)) : undefined),
  'job.changed': ({ job, call }) =>
    warn(
      `Job ${job}: ${call}() on its CronJob concerns this pod only, which does not lead; ${call === 'setTime' ? 'ScheduleService.reschedule() holds' : 'ScheduleService.pause() and resume() hold'} for all pods`,
    ),
};

function abandoned({ job, tick, count }: ScheduleEvent<'job.abandoned'>): string {
  return count === 1
    ? `Job ${job}: the pod that ran its tick ${tick.toISOString()} died; the run is abandoned`
    : `Job ${job}: ${count} runs whose pods died are abandoned, the first of them of its tick ${tick.toISOString()}`;
}

function expired({ job, tick, requestId, count }: ScheduleEvent<'request.expired'>): string {
  const first = `at ${tick.toISOString()} (request ${requestId})`;
  return count === 1
    ? `Job ${job}: the run requested ${first} has expired before a pod took it`
    : `Job ${job}: ${count} runs have expired before a pod took them, the first of them requested ${first}`;
}

function overdue({
  job,
  tick,
  podId,
  watermark,
  isResignationRequested,
}: ScheduleEvent<'job.overdue'>): string {
  const isAhead = watermark > tick;
  const refusal = isAhead
    ? `whose watermark ${watermark.toISOString()} of it lies in the future`
    : 'which does not have the job, or has it stopped';
  return `Job ${job} is overdue: its tick ${tick.toISOString()} has not been decided by ${podId}, ${isResignationRequested ? 'which is asked to resign' : refusal}`;
}

const LOST: Record<LossReason, string> = {
  deadline: 'Redis confirmed no renewal in time',
  'lease-lost': 'the lease is gone',
  resigned: 'it resigned',
  'handed-over': 'it resigned for a pod that has more jobs',
  shutdown: 'it shuts down',
};

const UNAVAILABLE: Record<StoreSource, string> = { lease: '', runs: 'Ticks wait: ' };
const RECOVERED: Record<StoreSource, string> = {
  lease: 'Redis answers again',
  runs: 'Ticks are claimed again',
};

const INVALID: Record<ScheduleEvent<'store.invalid'>['action'], string> = {
  ignored: 'is ignored',
  repaired: 'was repaired',
  clamped: 'was brought back into its range',
};

const FAILED: Record<FailedOutcome, string> = {
  failed: 'failed',
  'timed-out': 'timed out',
  aborted: 'was aborted',
};

const SKIPPED: Record<SkipReason, string> = {
  running: 'an earlier run goes on',
  'queue-full': 'an earlier run goes on, and another tick waits for it',
  paused: 'it is paused',
  late: 'it was found later than its threshold',
  claimed: 'it was decided before',
  'not-leader': 'leading ended before it was claimed; the next leader decides',
  'store-unavailable': 'its claim got no answer; the next leader decides',
};

/** Reasons that need no attention. */
const ORDINARY: readonly SkipReason[] = ['running', 'queue-full', 'paused', 'claimed'];

function jobsIn(job: string): string {
  return job === ALL_JOBS ? 'All jobs are' : `Job ${job} is`;
}

function nothing(): undefined {
  return undefined;
}

function log(message: string): LogLine {
  return { level: 'log', message };
}

function warn(message: string): LogLine {
  return { level: 'warn', message };
}

function describe({ tick, runId }: { readonly tick: Date; readonly runId: string }, pod: string): string {
  return `tick ${tick.toISOString()}, run ${runId}, pod ${pod}`;
}

/** A handler may throw any value, even one that cannot be read. */
function messageOf(error: unknown): string {
  return errorFacts(error).errorMessage;
}

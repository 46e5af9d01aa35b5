/* The verbs that change something. */
import {
  InvalidCronError,
  RequestExpiredError,
  StoreUnavailableError,
  WaitTimeoutError,
} from '../core/errors/errors.js';
import type { JobRun } from '../core/run/job-run.js';
import { waitMs } from '../core/run/pause-input.js';
import { addFormerNames, FORMER_NAMES } from '../deprecated.js'; // until 1.0
import { ALL_JOBS, type RunRequest } from '../ports/control-store.js';
import { toTicket } from '../client/control.js';
import { plain, type Answer, type Page } from './answer.js';
import { CliError } from './cli-error.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { pauseWords } from './queries.js';
import type { VerbOptions } from './program.js';
import { paintOutcome, whyOf } from './run-text.js';
import type { Session } from './session.js';
import { took } from './times.js';
import { readDuration } from './verb-options.js';

export async function pause(
  session: Session,
  job = ALL_JOBS,
  { for: duration, reason }: VerbOptions,
): Promise<Answer> {
  if (duration !== undefined) readDuration('--for', duration);
  await session.snapshot();
  const options = { ...(duration !== undefined && { duration }), ...(reason !== undefined && { reason }) };
  const info = await session.control.pause(job, options);
  const text = `Paused ${nameOf(job)} ${pauseWords(info, info.from.getTime())}`;
  return { json: { job, ...info }, text: () => text };
}

export async function resume(session: Session, job = ALL_JOBS): Promise<Answer> {
  await session.snapshot();
  const wasPaused = await session.control.resume(job);
  const text = wasPaused ? `Resumed ${nameOf(job)}` : `There was no pause of ${nameOf(job)}`;
  return { json: { job, wasPaused }, text: () => text };
}

export async function run(session: Session, job: string, wait: string | true | undefined): Promise<Answer> {
  const limit = typeof wait === 'string' ? readDuration('--wait', wait) : wait;
  const limitMs = limit === undefined ? undefined : waitMs(limit);
  await session.find(job);
  const request = await session.control.request(job).catch(unknownFate(job));
  const ticket = toTicket(request);
  const asked = `Requested a run of '${plain(job)}', request ${request.id}`;
  if (limitMs === undefined) return { json: ticket, text: () => asked };
  const ended = await outcome(session, request, limitMs);
  return {
    json: { ...ticket, run: ended },
    text: page => `${asked}\n${endWords(ended, page)}`,
    exitCode: exitCodeOf(ended),
  };
}

function outcome(session: Session, request: RunRequest, limitMs: number): Promise<JobRun | undefined> {
  return session.control.outcome(request, limitMs).catch((error: unknown) => {
    if (error instanceof RequestExpiredError)
      throw new CliError(error.code, EXIT.runFailed, error.message, toTicket(request));
    if (!(error instanceof WaitTimeoutError)) throw error;
    throw new CliError('WAIT_TIMEOUT', EXIT.waitTimeout, error.message, toTicket(request));
  });
}

/** The request is never repeated automatically: that could start two runs. */
function unknownFate(job: string): (error: unknown) => never {
  return error => {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const doubt = `The run may have been requested nevertheless: check \`history ${job}\` before you repeat this`;
    throw new CliError('STORE_UNAVAILABLE', EXIT.redisUnavailable, `${error.problem}. ${doubt}`, { job });
  };
}

function exitCodeOf(ended: JobRun | undefined): ExitCode {
  return ended?.outcome === 'succeeded' ? EXIT.done : EXIT.runFailed;
}

function endWords(ended: JobRun | undefined, page: Page): string {
  if (ended === undefined)
    return 'It was decided about, and its record is not kept: how it ended is not known';
  const why = whyOf({ ...ended, manual: false });
  const length = ended.durationMs === undefined ? '' : ` after ${took(ended.durationMs)}`;
  return `${paintOutcome(ended.outcome, page)}${length}${why === '' ? '' : `: ${why}`}`;
}

export async function abort(session: Session, runId: string): Promise<Answer> {
  await session.snapshot();
  const result = await session.control.abortRun(runId);
  if (result === 'not-found')
    throw new CliError('NO_SUCH_RUN', EXIT.notFound, `No run '${plain(runId)}' goes on: see \`running\``, {
      runId,
    });
  const id = plain(runId);
  const text = result === 'withdrawn' ? `Withdrew request ${id}` : `Requested that run ${id} ends`;
  return { json: { runId, result }, text: () => text };
}

export async function reschedule(
  session: Session,
  job: string,
  schedule: string | undefined,
  { own = false, timeZone }: VerbOptions,
): Promise<Answer> {
  if (own === (schedule !== undefined) || (own && timeZone !== undefined))
    throw new CliError(
      'USAGE',
      EXIT.usage,
      'Give a schedule, or --own for the one that the application says, in its own time zone',
    );
  const zone = timeZone === undefined ? {} : { timeZone };
  await session.control.reschedule(job, schedule ?? null, zone).catch(invalidSchedule(schedule, timeZone));
  const words = schedule === undefined ? 'its own schedule' : `'${plain(schedule)}'`;
  return { json: { job, schedule, timeZone }, text: () => `'${plain(job)}' follows ${words} from now on` };
}

function invalidSchedule(schedule = '', timeZone: string | undefined): (error: unknown) => never {
  return error => {
    if (!(error instanceof InvalidCronError)) throw error;
    const zone = timeZone === undefined ? '' : ` in --time-zone '${timeZone}'`;
    const message = `${error.problem}, in '${schedule}'${zone}. ${SCHEDULE_REMEDY}`;
    throw new CliError('INVALID_CRON', EXIT.usage, message);
  };
}

const SCHEDULE_REMEDY =
  "Give 5 or 6 cron fields such as '0 3 * * *', a descriptor such as '@daily' or '@every 30s', or '-' to switch the job off; " +
  "a zone is one of IANA, such as 'Europe/Berlin'";

export async function resign(session: Session): Promise<Answer> {
  const { lease } = await session.snapshot();
  // A key that was set manually has no leader that could resign.
  if (lease.kind === 'free' || lease.token === 0)
    throw new CliError('NO_LEADER', EXIT.notFound, 'There is no leader that could resign');
  const { holder, token } = lease;
  await session.ask((view, signal) => view.lease.requestResignation(token, '', signal));
  const leader = { podId: holder, token };
  addFormerNames(leader, FORMER_NAMES.pod); // until 1.0
  return { json: leader, text: () => `Requested that ${plain(holder)} resigns` };
}

function nameOf(job: string): string {
  return job === ALL_JOBS ? 'all jobs' : `'${plain(job)}'`;
}

import { ScheduleError, type ErrorCode } from '../core/errors/errors.js';
import { redact } from '../core/errors/redact.js';
import { manyLines } from '../core/errors/sanitize.js';
import { EXIT, type ExitCode } from './exit-codes.js';

/** Codes of the errors that only the command line has. */
export type CliErrorCode =
  | 'USAGE'
  | 'INVALID_CRON'
  | 'INVALID_OPTIONS'
  | 'NO_SCHEDULER'
  | 'NO_SUCH_RUN'
  | 'NO_LEADER'
  | 'NOT_CONFIRMED'
  | 'WAIT_TIMEOUT'
  | 'REQUEST_EXPIRED'
  | 'STORE_UNAVAILABLE';

/** Something that the command line refuses, or did not find. */
export class CliError extends Error {
  constructor(
    readonly code: CliErrorCode,
    readonly exitCode: ExitCode,
    message: string,
    /** Further facts for programs. */
    readonly details: object = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** An error as it is reported: in words, or as JSON. */
export interface ReportedError {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly details: object;
}

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  INVALID_OPTIONS: EXIT.usage,
  INVALID_CRON: EXIT.usage,
  UNKNOWN_JOB: EXIT.notFound,
  STORE_UNAVAILABLE: EXIT.redisUnavailable,
  WAIT_TIMEOUT: EXIT.waitTimeout,
  REQUEST_EXPIRED: EXIT.runFailed,
};

/** Reports any thrown value, without secrets and control sequences. */
export function reportError(error: unknown): ReportedError {
  const { exitCode, code, message, details } = factsOf(error);
  return { exitCode, code, message: manyLines(redact(message.slice(0, MAX_READ))), details };
}

/** Errors of ours may list much; this is more than any of them. */
const MAX_READ = 40_000;

function factsOf(error: unknown): ReportedError {
  if (error instanceof CliError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ScheduleError)) return { exitCode: EXIT.error, code: 'ERROR', message, details: {} };
  const exitCode = EXIT_CODES[error.code] ?? EXIT.error;
  return { exitCode, code: error.code, message, details: {} };
}

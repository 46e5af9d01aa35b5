import { Logger, type LoggerService } from '@nestjs/common';

import { callOutside } from './core/call-outside.js';
import { errorFacts } from './core/error-facts.js';

const LEVELS = ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'] as const;

/**
 * The application's logger, under the name of a context. It may throw or reject: no job is affected, and the process is
 * warned of it once.
 */
export class ScheduleLog extends Logger {
  override get localInstance(): LoggerService {
    const inner = super.localInstance as LoggerService | undefined;
    const guarded = LEVELS.map(level => [
      level,
      (...line: [unknown, ...unknown[]]) => callOutside(() => inner?.[level]?.(...line), warnOnce),
    ]);
    return Object.fromEntries(guarded) as Required<Pick<LoggerService, (typeof LEVELS)[number]>>;
  }
}

let isWarned = false;

/** Beside the log, which fails. */
function warnOnce(error: unknown): void {
  if (isWarned) return;
  isWarned = true;
  process.emitWarning(`The application's logger failed: ${errorFacts(error).errorMessage}`, {
    code: 'SCHEDULE_LOGGER_FAILED',
  });
}

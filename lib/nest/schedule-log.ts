import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';

import { callOutside } from '../core/errors/call-outside.js';
import { errorFacts } from '../core/errors/error-facts.js';
import { redact } from '../core/errors/redact.js';
import { manyLines, oneLine } from '../core/errors/sanitize.js';
import { areLogFields } from './log-fields.js';

const LEVELS = ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'] as const;

/** The context of what this package says itself; under the name of a job its handler logs what it likes. */
export const OWN_CONTEXT = 'LeaderSchedule';
const MAX_LINE = 2000;

type Line = [unknown, ...unknown[]];

/**
 * The application's logger, under the name of a context. It may throw or reject: no job is affected, and the process is
 * warned of it once.
 */
export class ScheduleLog extends Logger {
  override get localInstance(): LoggerService {
    const inner = super.localInstance as LoggerService | undefined;
    const guarded = LEVELS.map(level => [
      level,
      (...line: Line) => callOutside(() => inner?.[level]?.(...this.safe(line, inner)), warnOnce),
    ]);
    return Object.fromEntries(guarded) as Required<Pick<LoggerService, (typeof LEVELS)[number]>>;
  }

  /** No text from outside forges a line; nor does a line end in the blank before fields that are not shown in text. */
  private safe([message, ...rest]: Line, logger: LoggerService | undefined): Line {
    if (this.context !== OWN_CONTEXT) return [message, ...rest];
    const shown = printsText(logger) ? rest.filter(one => !areLogFields(one)) : rest;
    const text =
      typeof message === 'string' ? oneLine(redact(message.slice(0, 2 * MAX_LINE)), MAX_LINE) : message;
    return [text, ...shown.map(one => (typeof one === 'string' ? manyLines(one) : one))];
  }
}

/** Whether it is Nest's own logger, which prints text. */
function printsText(logger: LoggerService | undefined): boolean {
  const isOwn =
    logger instanceof ConsoleLogger && logger['formatMessage'] === ConsoleLogger.prototype['formatMessage'];
  return isOwn && logger['options'].json !== true;
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

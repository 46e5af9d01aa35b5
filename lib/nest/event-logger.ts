import { Injectable } from '@nestjs/common';

import type { ScheduleEvent } from '../core/events.js';
import { OWN_CONTEXT, ScheduleLog } from './schedule-log.js';
import { eventFields } from '../observe/event-fields.js';
import { logFields } from './log-fields.js';
import { logLine } from '../observe/log-lines.js';
import { CompositionRoot } from './composition-root.js';

/** One line for each change of state and each failed run; nothing while all is well. */
@Injectable()
export class EventLogger {
  private readonly logger = new ScheduleLog(OWN_CONTEXT);

  constructor(private readonly root: CompositionRoot) {
    root.events.subscribe(event => this.log(event));
  }

  private log(event: ScheduleEvent): void {
    const { podId } = this.root;
    const line = logLine(event, podId);
    if (line === undefined) return;
    const { level, message, stack } = line;
    const fields = logFields(eventFields(event, podId));
    if (level === 'error') this.logger.error(message, stack, ...fields);
    else this.logger[level](message, ...fields);
  }
}

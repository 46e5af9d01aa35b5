import { Injectable, Logger } from '@nestjs/common';

import type { LossReason, ScheduleEvent, SkipReason } from './core/events.js';
import { ScheduleRuntime } from './schedule.runtime.js';

const LOST: Record<LossReason, string> = {
  deadline: 'Redis confirmed no renewal in time',
  'lease-lost': 'the lease is gone',
  resigned: 'it resigned',
  shutdown: 'it shuts down',
};

const SKIPPED: Record<SkipReason, string> = {
  running: 'an earlier run goes on',
  late: 'it was found later than its threshold',
  'passed-over': 'more than 100 ticks were due at once; the newest of them runs',
  claimed: 'it was started before',
  'not-leader': 'leading ended before it started',
  'store-unavailable': 'its claim got no answer',
};

/** One line for each change of state and each failed run; nothing while all is well. */
@Injectable()
export class ScheduleLogger {
  private readonly logger = new Logger('LeaderSchedule');

  constructor(private readonly runtime: ScheduleRuntime) {
    runtime.events.subscribe(event => this.log(event));
  }

  private log(event: ScheduleEvent): void {
    const { candidateId } = this.runtime;
    switch (event.type) {
      case 'leader.elected':
        return this.logger.log(`${candidateId} leads (token ${event.term.token})`);
      case 'leader.suspended':
        return this.logger.warn(`${candidateId} leads no more for now: the connection to Redis is lost`);
      case 'leader.resumed':
        return this.logger.log(`${candidateId} leads again (token ${event.term.token})`);
      case 'leader.lost':
        return this.logLost(event.reason);
      case 'leader.followed':
        return this.logger.log(`${candidateId} follows ${event.holder} (token ${event.token})`);
      case 'store.unavailable':
        return this.logger.warn(messageOf(event.cause));
      case 'store.recovered':
        return this.logger.log('Redis answers again');
      case 'job.failed':
        return this.logger.error(
          `Job ${event.job} failed: tick ${event.tick.toISOString()}, run ${event.runId}, pod ${candidateId}: ${messageOf(event.error)}`,
          event.error instanceof Error ? event.error.stack : undefined,
        );
      case 'job.skipped':
        return this.logSkipped(event.job, event.tick, event.reason);
      case 'job.started':
      case 'job.succeeded':
        return undefined;
    }
  }

  private logLost(reason: LossReason): void {
    const wanted = reason === 'resigned' || reason === 'shutdown';
    const message = `${this.runtime.candidateId} leads no more: ${LOST[reason]}`;
    if (wanted) this.logger.log(message);
    else this.logger.warn(message);
  }

  private logSkipped(job: string, tick: Date, reason: SkipReason): void {
    const expected = reason === 'running' || reason === 'claimed';
    const message = `Job ${job} skipped its tick ${tick.toISOString()}: ${SKIPPED[reason]}`;
    if (expected) this.logger.debug(message);
    else this.logger.warn(message);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { Injectable, Logger } from '@nestjs/common';

import { errorFacts } from './core/error-facts.js';
import type { LossReason, ScheduleEvent, SkipReason } from './core/events.js';
import { ALL_JOBS } from './ports/control-store.js';
import { ScheduleRuntime } from './schedule.runtime.js';

const LOST: Record<LossReason, string> = {
  deadline: 'Redis confirmed no renewal in time',
  'lease-lost': 'the lease is gone',
  resigned: 'it resigned',
  shutdown: 'it shuts down',
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

/** Nothing that anybody would have to look at. */
const ORDINARY: readonly SkipReason[] = ['running', 'queue-full', 'paused', 'claimed'];

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
        return this.logger.warn(`${candidateId} does not lead for now: the connection to Redis is lost`);
      case 'leader.resumed':
        return this.logger.log(`${candidateId} leads again (token ${event.term.token})`);
      case 'leader.lost':
        return this.logLost(event.reason);
      case 'leader.followed':
        return this.logger.log(`${candidateId} follows ${event.holder} (token ${event.token})`);
      case 'store.unavailable':
        return this.logger.warn(
          event.source === 'runs' ? `Ticks wait: ${messageOf(event.cause)}` : messageOf(event.cause),
        );
      case 'store.recovered':
        return this.logger.log(event.source === 'runs' ? 'Ticks are claimed again' : 'Redis answers again');
      case 'process.delayed':
        return this.logger.warn(
          `${candidateId} was late by ${Math.round(event.delayMs)} ms: its event loop was busy, or it was paused`,
        );
      case 'job.failed':
        return this.logFailed(event);
      case 'job.retrying':
        return this.logger.warn(
          `Job ${event.job} is retried in ${Math.round(event.delayMs)} ms: ${describe(event)}, attempt ${event.attempt}: ${messageOf(event.error)}`,
        );
      case 'job.stale':
        return this.logger.warn(
          `Job ${event.job} ended (${event.outcome}) after its run had been given up: ${describe(event)}; that is not recorded`,
        );
      case 'job.blocked':
        return this.logger.warn(
          `Job ${event.job} waits with its tick ${event.tick.toISOString()}: Redis does not decide about it: ${event.message}`,
        );
      case 'job.skipped':
        return this.logSkipped(event.job, event.tick, event.reason);
      case 'job.missed':
        return this.logger.warn(
          `Job ${event.job} missed ${event.count} tick(s) after ${event.since.toISOString()}, the last one ${event.tick.toISOString()}`,
        );
      case 'job.abandoned':
        return this.logger.warn(
          `Job ${event.job}: the pod that ran its tick ${event.tick.toISOString()} died; the run is abandoned`,
        );
      case 'job.overdue':
        return this.logger.warn(
          `Job ${event.job} is overdue: its tick ${event.tick.toISOString()} has not been decided by ${event.holder}, which is asked to resign`,
        );
      case 'job.rescheduled':
        return this.logger.log(`Job ${event.job} goes by the schedule ${event.schedule} from now on`);
      case 'job.misordered':
        return this.logger.warn(
          `Job ${event.job} goes by its own schedule: the one put in its place cannot be read: ${messageOf(event.error)}`,
        );
      case 'job.paused':
        return this.logger.log(
          `${jobsIn(event.job)} paused ${event.until === undefined ? 'until resumed' : `until ${event.until.toISOString()}`}${event.reason === '' ? '' : `: ${event.reason}`}`,
        );
      case 'job.resumed':
        return this.logger.log(`${jobsIn(event.job)} resumed`);
      case 'job.requested':
        return this.logger.log(`Job ${event.job} is to run now (request ${event.requestId})`);
      case 'job.started':
      case 'job.succeeded':
        return undefined;
    }
  }

  private logFailed(event: Extract<ScheduleEvent, { type: 'job.failed' }>): void {
    const pod = this.runtime.candidateId;
    const what =
      event.outcome === 'failed' ? 'failed' : event.outcome === 'aborted' ? 'was aborted' : 'timed out';
    this.logger.error(
      `Job ${event.job} ${what}: ${describe(event)}, pod ${pod}: ${messageOf(event.error)}`,
      errorFacts(event.error).errorStack || undefined,
    );
  }

  private logLost(reason: LossReason): void {
    const wanted = reason === 'resigned' || reason === 'shutdown';
    const message = `${this.runtime.candidateId} no longer leads: ${LOST[reason]}`;
    if (wanted) this.logger.log(message);
    else this.logger.warn(message);
  }

  private logSkipped(job: string, tick: Date, reason: SkipReason): void {
    const message = `Job ${job} skipped its tick ${tick.toISOString()}: ${SKIPPED[reason]}`;
    if (ORDINARY.includes(reason)) this.logger.debug(message);
    else this.logger.warn(message);
  }
}

function jobsIn(job: string): string {
  return job === ALL_JOBS ? 'All jobs are' : `Job ${job} is`;
}

function describe({ tick, runId }: { readonly tick: Date; readonly runId: string }): string {
  return `tick ${tick.toISOString()}, run ${runId}`;
}

/** What handlers throw may be anything, even something that refuses to be read. */
function messageOf(error: unknown): string {
  return errorFacts(error).errorMessage;
}

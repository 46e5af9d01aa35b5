import type { ScheduleEvent } from '../../core/events.js';
import type { SkipReason } from '../../core/run/run-outcome.js';
import type { DueTick, SettledAnswer } from './tick.js';

/** An answer by which a tick is decided without a run of this claim. */
export type Decision = Exclude<
  SettledAnswer,
  { kind: 'go' | 'mine' | 'failed' | 'queued' | 'early' | 'blocked' }
>;

/** An answer by which a tick is put back: it is due again later. */
export type PutBack = Extract<SettledAnswer, { kind: 'early' | 'blocked' }>;

/** The event of a tick that is decided and does not run here. */
export function decidedEvent(job: string, due: DueTick, answer: Decision): ScheduleEvent {
  switch (answer.kind) {
    case 'noted':
      return due.intent === 'missed'
        ? missedEvent(job, due)
        : skippedEvent(job, due, due.reason ?? 'running');
    case 'taken':
    case 'past':
      return skippedEvent(job, due, 'claimed');
    case 'paused':
      return skippedEvent(job, due, 'paused');
    case 'overlap':
      return skippedEvent(job, due, answer.reason);
    case 'fenced':
      return skippedEvent(job, due, 'not-leader');
    case 'unknown':
      return skippedEvent(job, due, 'store-unavailable');
  }
}

export function skippedEvent(job: string, { tick }: DueTick, reason: SkipReason): ScheduleEvent {
  return { type: 'job.skipped', job, tick: new Date(tick), reason };
}

function missedEvent(job: string, { tick, since = tick - 1, count = 1 }: DueTick): ScheduleEvent {
  return { type: 'job.missed', job, tick: new Date(tick), since: new Date(since), count };
}

/** The event of a tick that the store failed to decide. */
export function blockedEvent(job: string, { tick }: DueTick, message: string): ScheduleEvent {
  return { type: 'job.blocked', job, tick: new Date(tick), message };
}

import type { Instant } from '../../core/election/instant.js';
import type { ActiveSchedule } from '../../ports/ticker.js';
import type { DueTick, Granted, SettledAnswer, Tick } from './tick.js';

export interface JobInbox {
  post(event: JobEvent): void;
}

/** An event of a job or of one of its ticks. */
export type JobEvent =
  | DueEvent
  | PlacedEvent
  /** Where the job stands must be read again. */
  | { readonly kind: 'displaced' }
  /** Ticks that have no turn in the schedule. */
  | { readonly kind: 'found'; readonly due: readonly DueTick[]; readonly token: number }
  /** A crashed run of the job belongs to this process. */
  | { readonly kind: 'recovered'; readonly granted: Granted }
  | AnsweredEvent
  /** The wait of a tick is over: its jitter, its poll, the time before a retry. */
  | { readonly kind: 'moment'; readonly tick: Tick }
  /** Orphans were settled, for a tick that is queued. */
  | { readonly kind: 'settled'; readonly tick: Tick }
  | { readonly kind: 'released'; readonly tick: Tick; readonly isCertain: boolean }
  /** A run of this process began a moment ago. */
  | { readonly kind: 'started'; readonly tick: Tick }
  | EndedEvent
  /** A run of the job has ended on some pod, or was abandoned. */
  | { readonly kind: 'run-ended' }
  /** A tick that was put back may be claimed. */
  | { readonly kind: 'poll' }
  /** The run that blocked the job has ended, or may have. */
  | { readonly kind: 'resume' }
  | { readonly kind: 'term-ended' }
  /** The job, or the scheduler, starts nothing more. */
  | { readonly kind: 'closed' };

/** A wake-up: ticks may be due. */
export interface DueEvent {
  readonly kind: 'due';
  readonly activeSchedule: ActiveSchedule;
  readonly token: number;
}

/** It is known where the job stands in a term. The ticks in `(watermark, now]` (Unix ms) were missed. */
export interface PlacedEvent {
  readonly kind: 'placed';
  readonly activeSchedule: ActiveSchedule;
  readonly token: number;
  readonly watermark: number;
  readonly now: number;
}

/** A run of this process has ended, and that is recorded. */
export interface EndedEvent {
  readonly kind: 'ended';
  readonly tick: Tick;
}

export interface AnsweredEvent {
  readonly kind: 'answered';
  readonly tick: Tick;
  readonly answer: SettledAnswer;
  /** Before the claim was written: the run lock cannot have been set earlier. */
  readonly askedAt: Instant;
}

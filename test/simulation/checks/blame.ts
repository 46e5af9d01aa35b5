/*
 * Which pods lose a term through a fault of their own, by the protocol: by the deadline, because the store refuses their
 * term, or because a user or a pod asked them to resign over a job that was overdue.
 */
import type { ScheduleEvent } from '../../../lib/core/events.js';
import type { Reply } from '../redis-double/reply.js';
import type { PreferenceLog } from './preference.js';
import type { Watch } from './watch.js';

/** An answer and what follows from it are no further apart. */
const SOON_MS = 1500;
/** A request to resign that names the job that is overdue. A person's names none. */
const OVER_A_JOB = /^resign-requested:\d+:./s;

/** Refusals and requests that the checks remember, by process; instants in true time. */
export class BlameLog {
  /** When a script last refused a term, as that of an earlier leader. */
  readonly fencedAt = new Map<string, number>();
  /** When a renewal was last refused. */
  readonly lostAt = new Map<string, number>();
  /** When a resignation was last requested, because a job was overdue. */
  readonly askedAt = new Map<string, number>();
  /** The process that receives such a request at this moment: it may come long after it was sent. */
  receiver: string | undefined;
}

/** The part of the watch that a rule about blame uses. */
export interface BlameWatch {
  readonly blame: BlameLog;
  readonly preference: Pick<PreferenceLog, 'blamedAt'>;
  readonly simulation: { readonly world: { readonly nowMs: number } };
}

/** A server has answered a script of a pod. */
export function onAnswer({ simulation, blame }: Watch, pod: string, reply: Reply): void {
  const process = simulation.berths.get(pod)?.pod?.id;
  if (process === undefined || !Array.isArray(reply)) return;
  const words: readonly unknown[] = reply;
  const isFenced = words.some(word => word === 'fenced' || (Array.isArray(word) && word[0] === 'fenced'));
  if (isFenced) blame.fencedAt.set(process, simulation.world.nowMs);
  if (words[1] === 'lost') blame.lostAt.set(process, simulation.world.nowMs);
}

/** A process receives a message. Its immediate reaction happens during `handle`. */
export function onMessage({ blame }: BlameWatch, process: string, message: string, handle: () => void): void {
  blame.receiver = OVER_A_JOB.test(message) ? process : undefined;
  handle();
  blame.receiver = undefined;
}

/** A pod publishes a message: perhaps that it asks another one to resign, or has lost its term by its own fault. */
export function onEventOfBlame(watch: BlameWatch, process: string, event: ScheduleEvent): void {
  const { blame, preference, simulation } = watch;
  const { nowMs } = simulation.world;
  if (event.type === 'job.overdue' && event.isResignationRequested) blame.askedAt.set(event.podId, nowMs);
  if (event.type === 'leader.lost' && isOwnFault(watch, process, event.reason))
    preference.blamedAt.set(process, nowMs);
}

function isOwnFault({ blame, simulation }: BlameWatch, process: string, reason: string): boolean {
  const soon = (at = -Infinity) => simulation.world.nowMs - at < SOON_MS;
  switch (reason) {
    case 'deadline':
      return true;
    case 'lease-lost':
      // Both may have been refused; then either may have come first.
      return soon(blame.fencedAt.get(process)) && !soon(blame.lostAt.get(process));
    case 'resigned':
      // Else a person wanted it, or a listener of the application.
      return blame.receiver === process;
    default:
      return false;
  }
}

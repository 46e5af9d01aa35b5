/* The pods of a scheduler, and which of them are gone. */
import { podsOf } from '../client/read-status.js';
import type { PodInfo } from '../client/status.js';
import type { Answer, Page } from './answer.js';
import { plain } from './answer.js';
import type { Session, Snapshot } from './session.js';
import { table } from './table.js';
import { fromNow } from './times.js';

/** A pod, and whether it has been silent for a ttl: it has crashed, or is cut off from Redis. */
export type ShownPod = PodInfo & { readonly isGone: boolean };

export async function pods(session: Session): Promise<Answer> {
  const snapshot = await session.snapshot();
  const shown = shownPods(snapshot, session.target.ttlMs);
  return { json: { pods: shown }, text: page => podsText(shown, snapshot.states.now, page) };
}

/** @param ttlMs of the lease, as far as it is known here */
export function shownPods(snapshot: Snapshot, ttlMs: number): ShownPod[] {
  const { now } = snapshot.states;
  const infos = podsOf(snapshot);
  const silentMs = Math.max(ttlMs, seenTtlMs(snapshot, infos));
  return infos.map(pod => Object.assign(pod, { isGone: now - pod.lastSeen.getTime() > silentMs }));
}

/** The time that is left of the lease, and the time since it was renewed. */
function seenTtlMs({ lease, states }: Snapshot, infos: readonly PodInfo[]): number {
  const leader = infos.find(({ isLeader }) => isLeader);
  if (lease.kind === 'free' || leader === undefined) return 0;
  return lease.remainingMs + states.now - leader.lastSeen.getTime();
}

export function podsText(shown: readonly ShownPod[], now: number, page: Page): string {
  if (shown.length === 0) return 'No pod competes';
  const { paint } = page;
  const rows = shown.map(pod => [
    plain(pod.podId),
    roleOf(pod, page),
    fromNow(pod.since, now),
    fromNow(pod.lastSeen, now),
    pod.clockAheadMs === undefined ? '' : `${Math.round(pod.clockAheadMs)}ms`,
    plain(pod.version),
  ]);
  return table(['POD', 'ROLE', 'SINCE', 'SEEN', 'CLOCK', 'VERSION'].map(paint.dim), rows, page.width);
}

function roleOf({ isLeader, isGone }: ShownPod, { paint }: Page): string {
  const role = isLeader ? 'leader' : 'follower';
  if (isGone) return paint.red(isLeader ? 'leader, gone' : 'gone');
  return isLeader ? paint.green(role) : role;
}

/*
 * Reads records for display. One that cannot be read is shown as `unreadable`, and hides no other.
 */
import { oneLine } from '../../../core/errors/sanitize.js';
import type { RunRecord } from '../../../ports/history-store.js';
import { LAST_INSTANT, pairs, parseRecord, parseSlot, split } from './run-codec.js';
import { list, payload } from './script-reply.js';

/** Records of jobs, in the order asked. */
export function parseHistory(jobs: readonly string[], reply: unknown): RunRecord[] {
  const histories = payload(reply).map(found => pairs(list(found, reply).map(String), reply));
  return jobs.flatMap((job, at) =>
    (histories[at] ?? []).map(([slot, packed]) => showRecord(job, slot, packed)),
  );
}

/** The last run of a job, as the job remembers it. */
export function showRemembered(job: string, remembered: string): RunRecord {
  const [slot, packed] = split(remembered);
  return showRecord(job, slot, packed);
}

/** A record as it stands in Redis. */
export function showRecord(job: string, slot: string, packed: string): RunRecord {
  return parseRecord(job, slot, packed) ?? unreadable(job, slot, packed);
}

const MAX_SHOWN = 100;

function unreadable(job: string, slot: string, packed: string): RunRecord {
  const place = parseSlot(slot) ?? { tick: nearestTick(slot), manual: slot.includes('@') };
  const reason = [oneLine(slot, MAX_SHOWN), oneLine(packed, MAX_SHOWN)]
    .filter(text => text !== '')
    .join(': ');
  const nothing = { runId: '', token: 0, attempt: 0, at: 0, facts: {} };
  return { job, tick: place.tick, manual: place.manual, state: 'unreadable', reason, ...nothing };
}

/** The instant that is meant, as far as a Date can be it. */
function nearestTick(slot: string): number {
  const tick = Math.trunc(Number.parseFloat(slot.slice(0, MAX_SHOWN)));
  return Number.isNaN(tick) ? 0 : Math.max(-LAST_INSTANT, Math.min(tick, LAST_INSTANT));
}

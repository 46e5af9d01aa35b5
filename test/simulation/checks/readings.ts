/*
 * The notes of other pods that each pod has read, by the answers that it got: a pod that comes back is read twice
 * before it is preferred to a leader with jobs.
 */
import type { Reply } from '../redis-double/reply.js';
import type { SimPod } from '../sim-pod.js';
import type { SimServer } from '../world/sim-server.js';
import { keys, type Watch } from './watch.js';

/** Of the protocol: a pod that was not seen for an interval and this time is away. */
const ALIVE_SLACK_MS = 1000;

/** The first of the readings since a pod came, or came back; by the clock of Redis. */
interface Sighting {
  readonly atMs: number;
  readonly seenAt: number;
}

/** By the process that reads, and the one that is read. */
export class ReadingLog {
  private readonly sightings = new Map<string, Map<string, Sighting>>();
  private readonly newest = new Map<string, Map<string, number>>();

  of(reader: string): Map<string, Sighting> {
    return of(this.sightings, reader);
  }

  /** When the notes were written that it has read last, by the clock of Redis. */
  newestOf(reader: string): Map<string, number> {
    return of(this.newest, reader);
  }
}

function of<Value>(all: Map<string, Map<string, Value>>, reader: string): Map<string, Value> {
  const known = all.get(reader) ?? new Map<string, Value>();
  all.set(reader, known);
  return known;
}

/** A server has answered a script of a pod, perhaps with notes of others. */
export function onNotesRead(
  { simulation, readings }: Watch,
  server: SimServer,
  {
    pod: name,
    args,
    reply,
  }: { readonly pod: string; readonly args: readonly string[]; readonly reply: Reply },
): void {
  const reader = simulation.berths.get(name)?.pod;
  const notes = server.double.data.value(keys.candidates);
  if (reader === undefined || !Array.isArray(reply) || !(notes instanceof Map)) return;
  const words: readonly unknown[] = reply;
  const sightings = readings.of(reader.id);
  for (const [id, note] of notes) {
    // Beside its id, or that of the one pod asked about.
    const isRead = words.some((word, at) => word === note && (words[at - 1] === id || args.includes(id)));
    if (!isRead || id === reader.id || id.startsWith('#')) continue;
    const [seenAt = 0, , , , , intervalMs = 0] = note.split('|').map(Number);
    readings.newestOf(reader.id).set(id, seenAt);
    const awayAfterMs = Math.max(intervalMs, reader.timing.intervalMs) + ALIVE_SLACK_MS;
    const atMs = Math.floor(server.nowMs);
    if (atMs - seenAt > awayAfterMs) sightings.delete(id);
    else if (!sightings.has(id)) sightings.set(id, { atMs, seenAt });
  }
}

/** Whether a leader has not seen that the other one has renewed its note for an interval. */
export function wasReadOnce(
  { simulation, readings }: Watch,
  leader: SimPod,
  id: string,
  seenAt: number,
): boolean {
  const first = readings.of(leader.id).get(id);
  if (first === undefined) return true;
  return simulation.redis.master.nowMs - first.atMs < leader.timing.intervalMs || seenAt <= first.seenAt;
}

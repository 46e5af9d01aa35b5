/*
 * Reads what the scripts about control keep and answer.
 */
import { oneLine } from '../../../core/errors/sanitize.js';
import type {
  JobState,
  JobStates,
  Pause,
  Pod,
  RequestOutcome,
  RequestsPage,
  RunRequest,
} from '../../../ports/control-store.js';
import type { JobWatermark } from '../../../ports/lease-store.js';
import { parseRecord } from './run-codec.js';
import { list, parseWords, payload, serverTime, unexpected } from './script-reply.js';
import { showRemembered } from './shown-records.js';
import { storedInstant, storedNumber } from './stored-values.js';

/** A pause that ends later than this is one without an end: the year 10,000. */
const NEVER = Date.UTC(10_000, 0);

/** From, until and reason, as they stand in Redis. */
export function parsePause([from = '', until = '', reason = '']: readonly string[]): Pause {
  const ends = storedNumber(until) ?? 0;
  return { from: storedInstant(from) ?? 0, until: ends > NEVER ? Infinity : ends, reason };
}

/** A request as it stands in Redis; `undefined` for what no script of ours wrote. */
export function parseRequest(id: string, request: string): RunRequest | undefined {
  const [, written = '', job] = /^(\d{1,16})\|(.*)$/s.exec(request) ?? [];
  const tick = storedInstant(written);
  return tick === undefined || job === undefined ? undefined : { id, job, tick };
}

/** A page of requests, oldest first; what no script of ours wrote is left out. */
export function parseRequests(reply: unknown): RequestsPage {
  const [next = '0', ...words] = parseWords(reply);
  const page: { standing: RunRequest[]; expired: RunRequest[] } = { standing: [], expired: [] };
  for (let at = 0; at < words.length; at += 3) {
    const request = parseRequest(words[at] ?? '', words[at + 1] ?? '');
    if (request !== undefined) page[words[at + 2] === 'expired' ? 'expired' : 'standing'].push(request);
  }
  const byAge = (a: RunRequest, b: RunRequest) => a.tick - b.tick;
  return {
    requests: page.standing.sort(byAge),
    expired: page.expired.sort(byAge),
    next: next === '0' ? undefined : next,
  };
}

/** The names of jobs that were removed; `undefined`: the term is over. */
export function parseSweep(reply: unknown): readonly string[] | undefined {
  return namesUnlessFenced('swept', reply);
}

/** The names of jobs whose run is requested now; `undefined`: the term is over. */
export function parseStarts(reply: unknown): readonly string[] | undefined {
  return namesUnlessFenced('requested', reply);
}

function namesUnlessFenced(word: string, reply: unknown): readonly string[] | undefined {
  const [kind, ...names] = parseWords(reply);
  if (kind === 'fenced') return undefined;
  if (kind !== word) throw unexpected(reply);
  return names;
}

export function parseStates(jobs: readonly string[], reply: unknown): JobStates {
  const now = serverTime(reply);
  const [all = [], ...states] = payload(reply).map(words => list(words, reply).map(String));
  return {
    now,
    pause: pauseNow(all, now),
    jobs: jobs.map((job, index) => stateOf(job, states[index] ?? [], now)),
  };
}

function stateOf(job: string, words: readonly string[], now: number): JobState {
  const [override = '', lastRun = '', ...watermark] = words.slice(3);
  return {
    watermark: watermarkOf(watermark),
    pause: pauseNow(words, now),
    override,
    lastRun: lastRun === '' ? undefined : showRemembered(job, lastRun),
  };
}

/** A leader that waits for a run of an earlier term works as it should: the time of that check counts as watermark. */
function watermarkOf([hwm = '', schedule = '', blockedAt = '']: readonly string[]): JobWatermark | undefined {
  if (hwm === '') return undefined;
  // One that cannot be read is behind all ticks: the job counts as overdue until its leader has repaired it.
  return { watermark: Math.max(storedInstant(hwm) ?? 0, storedInstant(blockedAt) ?? 0), schedule };
}

function pauseNow(words: readonly string[], now: number): Pause | undefined {
  return (storedNumber(words[1] ?? '') ?? 0) > now ? parsePause(words) : undefined;
}

export function parseOutcome({ job }: RunRequest, slot: string, reply: unknown): RequestOutcome {
  const [kind, packed = ''] = parseWords(reply);
  if (kind === 'waiting' || kind === 'expired' || kind === 'gone') return { kind };
  if (kind !== 'recorded') throw unexpected(reply);
  const record = parseRecord(job, slot, packed);
  return record === undefined ? { kind: 'gone' } : { kind, record };
}

/** Notes that cannot be read are left out. */
export function parsePods(notes: ReadonlyMap<string, string>): Pod[] {
  return [...notes].flatMap(([podId, note]) => parsePod(podId, note) ?? []);
}

function parsePod(podId: string, note: string): Pod | undefined {
  const [, seenAt, since, ahead = '', version = ''] =
    /^(\d{1,15})\|(\d{1,15})\|(-?\d{0,15})\|(.{0,200})$/s.exec(note) ?? [];
  if (seenAt === undefined) return undefined;
  const aheadMs = ahead === '' ? undefined : Number(ahead);
  const shown = { podId: oneLine(podId), version: oneLine(version) };
  return { ...shown, seenAt: Number(seenAt), since: Number(since), aheadMs };
}

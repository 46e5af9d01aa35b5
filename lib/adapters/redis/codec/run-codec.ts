/*
 * Reads and writes what the scripts about runs keep (scripts/README.md says what that is) and answer.
 */
import type { RunRecord } from '../../../ports/history-store.js';
import type { RunState } from '../../../core/run/run-outcome.js';
import type {
  AdoptAnswer,
  ClaimAnswer,
  FinishAnswer,
  HeartbeatAnswer,
  OpenAnswer,
  OpenedWatermark,
  ReleaseAnswer,
  Retention,
} from '../../../ports/run-store.js';
import type { RunFacts } from '../../../core/run/run-facts.js';
import type { RunRef } from '../../../core/run/run-ref.js';
import { integer, list, parseWords, payload, unexpected } from './script-reply.js';
import { storedInstant, storedNumber } from './stored-values.js';

/** The last that a Date can be: what lies beyond is no tick of ours. */
export const LAST_INSTANT = 8.64e15;

/** The slot of a tick among those of its job. */
export function slotOf({ tick, runId, manual, handle = runId }: Omit<RunRef, 'job'>): string {
  return manual ? `${tick}@${handle}` : `${tick}`;
}

/** Parses a slot; `undefined` for one that this version cannot have written. */
export function parseSlot(slot: string): SlotPlace | undefined {
  const [, tick, manual, handle] = /^(-?\d{1,16})(@([^|]*))?$/.exec(slot) ?? [];
  if (tick === undefined || Math.abs(Number(tick)) > LAST_INSTANT) return undefined;
  return { tick: Number(tick), manual: manual !== undefined, handle };
}

export type SlotPlace = Pick<RunRef, 'tick' | 'manual' | 'handle'>;

/** Arguments for how much is kept; Redis counts no further than JavaScript. */
export function retentionArgs({ keep, maxAgeMs }: Retention): number[] {
  return [keep, maxAgeMs].map(number => Math.min(number, Number.MAX_SAFE_INTEGER));
}

const MAX_REASON = 1000;

/** A reason as a field of a record. */
export function reasonField(reason: string): string {
  return reason.slice(0, MAX_REASON).replaceAll('|', '/');
}

const STATES: ReadonlySet<string> = new Set<RunState>([
  'claimed',
  'queued',
  'released',
  'abandoned',
  'skipped',
  'missed',
  'succeeded',
  'failed',
  'timed-out',
  'aborted',
]);

function isState(word: string): word is RunState {
  return STATES.has(word);
}

/** A record as it stands in Redis; `undefined` when it cannot be read. */
export function parseRecord(job: string, slot: string, packed: string): RunRecord | undefined {
  const place = parseSlot(slot);
  const [, state = '', runId = '', token = '', attempt = '', at = '', reason = '', facts = ''] =
    /^([^|]+)\|([^|]*)\|(\d+)\|(\d+)\|(\d+)\|([^|]*)\|([^]*)$/.exec(packed) ?? [];
  if (place === undefined || !isState(state)) return undefined;
  const numbers = { token: storedNumber(token), attempt: storedNumber(attempt), at: storedInstant(at) };
  if (!areKnown(numbers)) return undefined;
  return { job, ...place, runId, state, ...numbers, reason, facts: parseFacts(facts) };
}

type RecordNumbers = Pick<RunRecord, 'token' | 'attempt' | 'at'>;

function areKnown(numbers: { [Name in keyof RecordNumbers]: number | undefined }): numbers is RecordNumbers {
  return Object.values(numbers).every(number => number !== undefined);
}

/** The same with its slot before it, as the job remembers its last run. */
export function parseRemembered(job: string, remembered: string): RunRecord | undefined {
  const [slot, packed] = split(remembered);
  return parseRecord(job, slot, packed);
}

/** Beside the facts of a run: for how long its lock is set each time, ms. Scripts expect it at the beginning. */
const LOCK = 'lockMs';

/** Facts of a claimed run as they stand in its record. */
export function lockedFacts(facts: RunFacts, lockMs: number): string {
  return JSON.stringify({ [LOCK]: lockMs, ...facts });
}

/** Those of ours are far shorter: of an error at most 5,000 characters are kept. */
const MAX_FACTS = 200_000;

function parseFacts(json: string): RunFacts {
  const entries = Object.entries(parseObject(json));
  return Object.fromEntries(
    entries.filter(
      (entry): entry is [string, string | number | boolean] => entry[0] !== LOCK && isFact(entry[1]),
    ),
  );
}

function parseObject(json: string): object {
  if (json.length > MAX_FACTS) return {};
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function isFact(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** A run that has not ended. */
export interface UnfinishedEntry {
  readonly job: string;
  readonly slot: string;
  readonly liveMs: number;
}

/** A page of entries, those among them that no script of ours made. */
export function parseUnfinished(reply: unknown): UnfinishedEntries {
  const [follow, score = '', ...words] = parseWords(reply);
  const listed = pairs(words, reply);
  const entries = listed.map(([member, liveMs]) => {
    const [slot, job] = split(member);
    return { job, slot, liveMs: Number(liveMs) };
  });
  const last = listed.at(-1)?.[0];
  return { entries, next: follow === '1' && last !== undefined ? `${score}|${last}` : undefined };
}

export interface UnfinishedEntries {
  readonly entries: readonly UnfinishedEntry[];
  /** Where the next page goes on: score and member of the last entry; `undefined`: this was the last page. */
  readonly next: string | undefined;
}

export function parseOpen(reply: unknown): OpenAnswer {
  const [now, kind, ...watermarks] = list(reply, reply);
  if (kind === 'fenced') return { kind };
  if (kind !== 'opened') throw unexpected(reply);
  return {
    kind,
    now: integer(now, reply),
    watermarks: watermarks.map(watermark => parseWatermark(watermark, reply)),
  };
}

function parseWatermark(watermark: unknown, reply: unknown): OpenedWatermark {
  return Array.isArray(watermark) ? { override: String(watermark[0]) } : integer(watermark, reply);
}

export function parseClaims(reply: unknown): ClaimAnswer[] {
  return payload(reply).map(answer => parseClaim(answer, reply));
}

function parseClaim(answer: unknown, reply: unknown): ClaimAnswer {
  const [kind, detail, validity] = list(answer, reply);
  switch (kind) {
    case 'go':
    case 'mine':
      return withAttempt(kind, integer(detail, reply));
    case 'noted':
    case 'taken':
    case 'fenced':
    case 'paused':
    case 'past':
      return { kind };
    case 'early':
    case 'blocked':
    case 'queued':
      return { kind, waitMs: integer(detail, reply) };
    case 'overlap':
      return { kind, reason: oneOf(['running', 'queue-full'] as const, detail, reply) };
    case 'failed':
      return { kind, message: String(detail), ...(validity === 'invalid' && { isDataInvalid: true }) };
    default:
      throw unexpected(reply);
  }
}

function withAttempt(kind: 'go' | 'mine', attempt: number): ClaimAnswer {
  return attempt > 1 ? { kind, attempt } : { kind };
}

export function parseHeartbeats(reply: unknown): HeartbeatAnswer[] {
  return payload(reply).map(answer => oneOf(['kept', 'lost', 'aborted'] as const, answer, reply));
}

export function parseFinishes(reply: unknown): FinishAnswer[] {
  return payload(reply).map(answer =>
    oneOf(['finished', 'stale', 'failed', 'invalid'] as const, answer, reply),
  );
}

export function parseRelease(reply: unknown): ReleaseAnswer {
  return oneOf(['released', 'stale'] as const, payload(reply)[0], reply);
}

export function parseAdoptions(reply: unknown): AdoptAnswer[] {
  return payload(reply).map(answer => parseAdoption(answer, reply));
}

function parseAdoption(answer: unknown, reply: unknown): AdoptAnswer {
  const [word, attempt] = list(answer, reply);
  if (word === 'recovered') return { kind: word, attempt: integer(attempt, reply) };
  return { kind: oneOf(['abandoned', 'released', 'left', 'fenced'] as const, word, reply) };
}

export function pairs(words: readonly string[], reply: unknown): [string, string][] {
  if (words.length % 2 !== 0) throw unexpected(reply);
  return words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? '']] : []));
}

/** What stands before and after the first `|`. */
export function split(text: string): [string, string] {
  const at = text.indexOf('|');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function oneOf<Word extends string>(words: readonly Word[], answer: unknown, reply: unknown): Word {
  const word = words.find(known => known === answer);
  if (word === undefined) throw unexpected(reply);
  return word;
}

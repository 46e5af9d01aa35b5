import { oneLine } from '../../../core/errors/sanitize.js';
import type { Candidacy } from '../../../ports/candidate-store.js';
import type {
  AcquireAnswer,
  JobWatermark,
  LeaseSignal,
  LeaseView,
  ProbeAnswer,
  RenewAnswer,
  ResignAnswer,
} from '../../../ports/lease-store.js';
import { NEWS_WORDS, parseNews } from './candidate-codec.js';
import { integer, parseWords, serverTime, unexpected } from './script-reply.js';

/*
 * Reads the answers of the lease scripts.
 */

export function parseAcquire(reply: unknown, candidacy?: Candidacy): AcquireAnswer {
  const [kind, ...fields] = parseWords(reply);
  switch (kind) {
    case 'acquired':
      return {
        kind,
        token: integer(fields[0], reply),
        acquiredAt: integer(fields[1], reply),
        now: serverTime(reply),
      };
    case 'held':
      return {
        kind,
        holder: oneLine(fields[0] ?? ''),
        token: integer(fields[1], reply),
        remainingMs: ttl(fields[2], reply),
        presence: fields[3] === '1',
        missingMs: fields[4] === '' ? undefined : integer(fields[4], reply),
        isProber: fields[5] === '1',
        now: serverTime(reply),
        overrides: integer(fields[6], reply),
        ...newsIn(fields.slice(7), candidacy),
        watermarks: watermarksOf(fields.slice(7 + NEWS_WORDS), reply),
      };
    case 'wait':
      return { kind, remainingMs: integer(fields[0], reply) };
    default:
      throw unexpected(reply);
  }
}

export function parseProbe(reply: unknown): ProbeAnswer {
  if (reply !== 0 && reply !== 1) throw unexpected(reply);
  return { kind: reply === 1 ? 'there' : 'changed' };
}

export function parseRenew(reply: unknown, candidacy?: Candidacy): RenewAnswer {
  const [kind, unfinished, requests, overrides, resign, jobs, , ...news] = parseWords(reply);
  if (kind === 'lost') return { kind };
  if (kind !== 'renewed') throw unexpected(reply);
  return {
    kind,
    unfinished: integer(unfinished, reply),
    requests: integer(requests, reply),
    overrides: integer(overrides, reply),
    shouldResign: resign === '1',
    jobs: integer(jobs, reply),
    ...newsIn(news, candidacy),
    now: serverTime(reply),
  };
}

/** Whether the server saw the presence of the holder, from the answer to an acquisition or a renewal. */
export function isHolderSeen(reply: unknown): boolean | undefined {
  const [kind, ...fields] = parseWords(reply);
  if (kind === 'acquired') return fields[2] === '1';
  return kind === 'renewed' ? fields[5] === '1' : undefined;
}

export function parseResign(reply: unknown): ResignAnswer {
  const [kind] = parseWords(reply);
  if (kind === 'resigned' || kind === 'lost') return { kind };
  throw unexpected(reply);
}

export function parseRead(reply: unknown): LeaseView {
  const [kind, ...fields] = parseWords(reply);
  if (kind === 'free') return { kind };
  if (kind !== 'held') throw unexpected(reply);
  return {
    kind,
    holder: oneLine(fields[0] ?? ''),
    token: integer(fields[1], reply),
    remainingMs: ttl(fields[2], reply),
    acquiredAt: fields[3] === '' ? undefined : integer(fields[3], reply),
  };
}

/** Parses a message of the channel of events; `undefined` for one that this version does not know. */
export function parseEvent(message: string): LeaseSignal | undefined {
  if (message === 'resigned' || message === 'run-requested' || message === 'rescheduled')
    return { kind: message };
  const [, runId] = /^abort-requested:(.*)$/s.exec(message) ?? [];
  if (runId !== undefined) return { kind: 'abort-requested', runId };
  const [, ended] = /^run-ended:(.*)$/s.exec(message) ?? [];
  if (ended !== undefined) return { kind: 'run-ended', job: ended };
  const [, missing] = /^holder-missing:(\d+)$/.exec(message) ?? [];
  if (missing !== undefined) return { kind: 'holder-missing', token: Number(missing) };
  const [, token, job = ''] = /^resign-requested:(\d+):(.*)$/s.exec(message) ?? [];
  return token === undefined ? undefined : { kind: 'resign-requested', token: Number(token), job };
}

/** The message of the channel of events that requests a resignation. */
export function resignRequest(token: number, job: string): string {
  return `resign-requested:${token}:${job}`;
}

function newsIn(words: readonly string[], candidacy: Candidacy | undefined) {
  return candidacy === undefined ? {} : { candidates: parseNews(words, candidacy.rival) };
}

/** Pairs of watermark and schedule; both empty for a job that Redis does not know. */
function watermarksOf(fields: readonly string[], reply: unknown): (JobWatermark | undefined)[] {
  const found: (JobWatermark | undefined)[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const [watermark, schedule = ''] = fields.slice(index, index + 2);
    found.push(watermark === '' ? undefined : { watermark: integer(watermark, reply), schedule });
  }
  return found;
}

/** Redis says -1 for a key that does not expire. */
function ttl(word: string | undefined, reply: unknown): number {
  const ms = integer(word, reply);
  return ms < 0 ? Infinity : ms;
}

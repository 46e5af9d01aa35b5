import { oneLine } from '../../../core/errors/sanitize.js';
import type { Candidacy, Candidate, CandidateNews, CandidateState } from '../../../ports/candidate-store.js';

/** How long a page of a job set is kept after it was last used, ms. */
export const PAGE_AGE_MS = 3_600_000;

/** The arguments of the script function `noteCandidate`. */
export function candidacyArgs(candidacy: Candidacy | undefined): (string | number)[] {
  if (candidacy === undefined) return ['', 'up', 0, '', 0, '', 0, 0, 0];
  const { jobSet, state, distrustedUntil, rival, page, staleMs, intervalMs, ttlMs } = candidacy;
  const times = [Math.round(intervalMs), Math.round(ttlMs)];
  return [jobSet, state, distrustedUntil, rival, staleMs, page?.bytes ?? '', PAGE_AGE_MS, ...times];
}

/** How many words of an answer `parseNews` reads. */
export const NEWS_WORDS = 4;

/** Parses the answer of `noteCandidate`. A field that cannot be read counts as absent. */
export function parseNews(
  [changes = '', note = '', isKept, handOvers = '']: readonly string[],
  rival: string,
): CandidateNews {
  const instants = handOvers.split(',').map(Number);
  return {
    changes,
    rival: parseCandidate(rival, note),
    isPageKept: isKept !== '0',
    handOvers: handOvers === '' ? [] : instants.filter(Number.isSafeInteger).slice(-3),
  };
}

/** Ids and notes in turn, the last note of each id. Notes that cannot be read are left out. */
export function parseCandidates(words: readonly string[]): Candidate[] {
  const noted = new Map<string, Candidate>();
  for (let at = 0; at < words.length; at += 2) {
    const candidate = parseCandidate(words[at] ?? '', words[at + 1] ?? '');
    if (candidate !== undefined) noted.set(candidate.podId, candidate);
  }
  return [...noted.values()];
}

const NOTE =
  /^(\d{1,16})\|(\d{1,16})\|([^|]{0,100})\|(up|resting|draining)\|(\d{1,16})\|(\d{1,9})\|(\d{1,9})$/;

function parseCandidate(podId: string, note: string): Candidate | undefined {
  const [, seenAt, since, jobSet = '', state, distrustedUntil, intervalMs, ttlMs] = NOTE.exec(note) ?? [];
  if (seenAt === undefined || !isState(state)) return undefined;
  const instants = { seenAt: Number(seenAt), since: Number(since), distrustedUntil: Number(distrustedUntil) };
  const times = { intervalMs: Number(intervalMs), ttlMs: Number(ttlMs) };
  return { podId: oneLine(podId), jobSet, state, ...instants, ...times };
}

function isState(word: string | undefined): word is CandidateState {
  return word === 'up' || word === 'resting' || word === 'draining';
}

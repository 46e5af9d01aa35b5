import type { Clock } from '../../ports/clock.js';
import type {
  Candidacy,
  Candidate,
  CandidateNews,
  CandidatesView,
  CandidateState,
  CandidateStore,
  JobSetPage,
} from '../../ports/candidate-store.js';

/** A candidate that was not seen for this time is forgotten. */
const FORGET_MS = 600_000;

/** The notes of the candidates of one process: the same answers as from Redis. */
export class RamCandidateStore implements CandidateStore {
  private readonly noted = new Map<string, Candidate>();
  private readonly pages = new Map<string, string>();
  private changes = 0;
  private handOvers: readonly number[] = [];

  constructor(private readonly clock: Clock) {}

  /** With an attempt or a renewal. */
  note(podId: string, candidacy: Candidacy): CandidateNews {
    const { jobSet, state, distrustedUntil, intervalMs, ttlMs, rival, page, staleMs } = candidacy;
    const now = this.clock.now().wallMs;
    const known = this.noted.get(podId);
    if (known !== undefined || jobSet !== '') {
      const note = { jobSet, state, distrustedUntil, intervalMs, ttlMs };
      const since = Math.min(known?.since ?? now, now);
      this.noted.set(podId, { podId, seenAt: now, since, ...note });
      const isNew = known === undefined || now - known.seenAt > staleMs;
      if (isNew || textOf(known) !== textOf(note)) this.changes += 1;
    }
    const kept = page === undefined || this.pages.get(pageKey(jobSet, page.index))?.length === page.bytes;
    return {
      changes: this.changes === 0 ? '' : String(this.changes),
      rival: this.noted.get(rival),
      isPageKept: kept,
      handOvers: this.handOvers,
    };
  }

  /** A term was given up. */
  noteResignation(podId: string, state: CandidateState, isHandOver: boolean): void {
    this.setState(podId, state);
    if (isHandOver) this.handOvers = [...this.handOvers.slice(-2), this.clock.now().wallMs];
  }

  /** Loses everything, as a store does that restarts empty. */
  forget(): void {
    this.noted.clear();
    this.changes += 1;
    this.pages.clear();
  }

  digestOf(pages: readonly string[]): string {
    return `${pages.length}-${pages.join('')}`;
  }

  pagesIn(jobSet: string): number | undefined {
    const [, count] = /^(\d+)-/.exec(jobSet) ?? [];
    return count === undefined ? undefined : Number(count);
  }

  async publish({ jobSet, index, text }: JobSetPage): Promise<void> {
    this.pages.set(pageKey(jobSet, index), text);
  }

  async read(jobSet: string, index: number): Promise<string | undefined> {
    return this.pages.get(pageKey(jobSet, index));
  }

  async candidates(): Promise<CandidatesView> {
    const now = this.clock.now().wallMs;
    for (const { podId, seenAt } of this.noted.values())
      if (seenAt < now - FORGET_MS) this.noted.delete(podId);
    return { now, candidates: [...this.noted.values()] };
  }

  async mark(podId: string, state: CandidateState): Promise<void> {
    this.setState(podId, state);
  }

  private setState(podId: string, state: CandidateState): void {
    const known = this.noted.get(podId);
    if (known === undefined || known.state === state) return;
    this.noted.set(podId, { ...known, state });
    this.changes += 1;
  }
}

function pageKey(jobSet: string, index: number): string {
  return `${jobSet}:${index}`;
}

function textOf({
  jobSet,
  state,
  distrustedUntil,
  intervalMs,
  ttlMs,
}: Omit<Candidate, 'podId' | 'seenAt' | 'since'>): string {
  return `${jobSet}|${state}|${distrustedUntil}|${intervalMs}|${ttlMs}`;
}

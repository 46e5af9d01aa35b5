import { tickingJobs, type JobSet } from '../../core/election/job-set.js';
import { isAlive, type Rival, type Sighting } from '../../core/election/leader-preference.js';
import { readJobSet } from '../../core/election/read-job-set.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Candidate, CandidateStore } from '../../ports/candidate-store.js';
import { isUnknown, type StoreCall } from '../store-call.js';

/** A set that could not be read is read again after this number of attempts at the latest: its pod may have published it. */
const TRIED_EVERY = 16;

export interface CandidateBoardDeps {
  readonly podId: string;
  readonly store: CandidateStore;
  readonly storeCall: StoreCall;
  readonly timing: ElectionTiming;
}

/** Another candidate, and when its note was read (the store's clock, Unix ms). */
export interface Seen extends Rival {
  readonly readAt: number;
  readonly jobSet: string;
  readonly first: Sighting | undefined;
}

/** The other candidates and their jobs, as far as this pod knows them. They are read again when something has changed. */
export class CandidateBoard {
  private notes = new Map<string, { readonly note: Candidate; readonly readAt: number }>();
  private readonly sets = new Map<string, { readonly set: JobSet; readonly names: ReadonlySet<string> }>();
  private readonly sightings = new Map<string, Sighting>();
  private seenChanges: string | undefined;
  /** How often this was asked since the last change, while a set was not known. */
  private tries = 0;
  private reading: Promise<boolean> | undefined;

  constructor(private readonly deps: CandidateBoardDeps) {}

  /** Whether what is known is what the store has, as far as its sets could be read. */
  get isCurrent(): boolean {
    return this.seenChanges !== undefined && this.reading === undefined;
  }

  /** Reads what has changed since; settles when all is known. Never rejects. */
  async follow(changes: string): Promise<void> {
    if (this.reading !== undefined) return void (await this.reading);
    if (changes === this.seenChanges) {
      if (this.unknownSets().length === 0) return;
      this.tries += 1;
      if (!isTriedAgain(this.tries)) return;
    } else this.tries = 0;
    await this.startReading(changes);
  }

  /** Reads all notes anew, whether they have changed or not. Resolves to whether there was an answer; never rejects. */
  async refresh(): Promise<boolean> {
    while (this.reading !== undefined) await this.reading;
    return this.startReading(this.seenChanges ?? '');
  }

  /** The store's clock was set: what is known says when by another clock, and is read anew. */
  forget(): void {
    this.notes.clear();
    this.sightings.clear();
    this.seenChanges = undefined;
  }

  /** A note that an answer has brought, read at `now` by the store's clock. */
  note(note: Candidate, now: number): void {
    this.notes.set(note.podId, { note, readAt: now });
    const known = this.sightings.get(note.podId);
    if (!isAlive(note, now, this.deps.timing)) this.sightings.delete(note.podId);
    // A note that is older than it was then was written after the store's clock was set back.
    else if (known === undefined || note.seenAt < known.seenAt)
      this.sightings.set(note.podId, { at: now, seenAt: note.seenAt });
  }

  /** One candidate as far as it is known, this pod itself included. */
  find(podId: string): Seen | undefined {
    const known = this.notes.get(podId);
    if (known === undefined) return undefined;
    const { note, readAt } = known;
    const jobs = this.sets.get(note.jobSet)?.names;
    return { ...note, readAt, jobs, first: this.sightings.get(podId) };
  }

  /** The job set of a candidate; `undefined`: it has published none, or it cannot be read. */
  setOf(podId: string): JobSet | undefined {
    const known = this.notes.get(podId);
    return known && this.sets.get(known.note.jobSet)?.set;
  }

  /** All others. */
  get others(): readonly Seen[] {
    return [...this.notes.keys()].flatMap(id => (id === this.deps.podId ? [] : (this.find(id) ?? [])));
  }

  private async startReading(changes: string): Promise<boolean> {
    this.reading = this.read(changes);
    const isAnswered = await this.reading;
    this.reading = undefined;
    return isAnswered;
  }

  private async read(changes: string): Promise<boolean> {
    const { store, storeCall } = this.deps;
    const view = await storeCall.call((signal, onPage) => store.candidates(signal, onPage));
    if (isUnknown(view)) return false;
    this.seenChanges = changes;
    this.notes = new Map();
    for (const note of view.candidates) this.note(note, view.now);
    for (const id of this.sightings.keys()) if (!this.notes.has(id)) this.sightings.delete(id);
    const used = new Set([...this.notes.values()].map(({ note }) => note.jobSet));
    for (const jobSet of this.sets.keys()) if (!used.has(jobSet)) this.sets.delete(jobSet);
    for (const jobSet of this.unknownSets()) await this.readSet(jobSet);
    return true;
  }

  private unknownSets(): readonly string[] {
    const used = new Set([...this.notes.values()].map(({ note }) => note.jobSet));
    return [...used].filter(jobSet => jobSet !== '' && !this.sets.has(jobSet));
  }

  private async readSet(jobSet: string): Promise<void> {
    const { store, storeCall } = this.deps;
    const set = await readJobSet(jobSet, store, async index => {
      const page = await storeCall.call(signal => store.read(jobSet, index, signal));
      return typeof page === 'string' ? page : undefined;
    });
    if (set !== undefined) this.sets.set(jobSet, { set, names: tickingJobs(set) });
  }
}

/** With the attempts 1, 2, 4 and 8, and then with each sixteenth: a set that no pod can read costs little. */
function isTriedAgain(tries: number): boolean {
  return tries % TRIED_EVERY === 0 || (tries < TRIED_EVERY && Number.isInteger(Math.log2(tries)));
}

import { createHash } from 'node:crypto';

import type {
  CandidatesView,
  CandidateState,
  CandidateStore,
  JobSetPage,
} from '../../ports/candidate-store.js';
import type { PageListener } from '../../ports/pages.js';
import { PAGE_AGE_MS, parseCandidates } from './codec/candidate-codec.js';
import { readPages } from './read-pages.js';
import type { RedisConnection } from './connection/redis-connection.js';
import { isWrongType } from './connection/redis-errors.js';
import type { RedisKeys } from './redis-keys.js';
import { markCandidate, readCandidates } from './redis-scripts.js';

/** The notes of the candidates in Redis. */
export class RedisCandidateStore implements CandidateStore {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  digestOf(pages: readonly string[]): string {
    const hash = createHash('sha256');
    for (const page of pages) hash.update(page);
    return `${pages.length}-${hash.digest('hex').slice(0, 32)}`;
  }

  pagesIn(jobSet: string): number | undefined {
    const [, count] = /^(\d{1,3})-[0-9a-f]{32}$/.exec(jobSet) ?? [];
    return count === undefined ? undefined : Number(count);
  }

  async publish({ jobSet, index, text }: JobSetPage, signal: AbortSignal): Promise<void> {
    const { client, opened } = this.connection;
    await opened;
    const key = this.keys.jobSet(jobSet, index);
    await this.connection.send(() => client.set(key, text, 'PX', PAGE_AGE_MS), signal);
  }

  async read(jobSet: string, index: number, signal: AbortSignal): Promise<string | undefined> {
    const { client } = this.connection;
    const get = async () => {
      try {
        return await client.get(this.keys.jobSet(jobSet, index));
      } catch (error) {
        // A key of another type is no page: the pod that has the set writes it anew.
        if (isWrongType(error)) return null;
        throw error;
      }
    };
    return (await this.connection.send(get, signal)) ?? undefined;
  }

  async candidates(signal: AbortSignal, onPage?: PageListener): Promise<CandidatesView> {
    await this.connection.opened;
    const { now, words } = await readPages(
      this.connection,
      readCandidates,
      [this.keys.candidates],
      signal,
      onPage,
    );
    return { now, candidates: parseCandidates(words) };
  }

  async mark(podId: string, state: CandidateState, signal: AbortSignal): Promise<void> {
    await this.connection.ask(markCandidate, [this.keys.candidates], [podId, state], signal);
  }
}

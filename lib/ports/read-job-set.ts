import { parseJobSet, type JobSet } from '../core/job-set.js';
import type { CandidateStore } from './candidate-store.js';

/**
 * Reads the pages of a job set, one after the other. One whose text is not what its digest says was tampered with: it
 * counts as unknown, as one of which a page is missing.
 *
 * @param read reads one page; `undefined` where there is none
 */
export async function readJobSet(
  jobSet: string,
  store: Pick<CandidateStore, 'digestOf' | 'pagesIn'>,
  read: (index: number) => Promise<string | undefined>,
): Promise<JobSet | undefined> {
  const pages: string[] = [];
  for (let index = 0; index < (store.pagesIn(jobSet) ?? 0); index += 1) {
    const page = await read(index);
    if (page === undefined) return undefined;
    pages.push(page);
  }
  return store.digestOf(pages) === jobSet ? parseJobSet(pages) : undefined;
}

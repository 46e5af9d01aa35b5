import { parseJobSet, type JobSet } from './job-set.js';

/** How the store names a set and its pages. */
export interface JobSetDigests {
  readonly digestOf: (pages: readonly string[]) => string;
  readonly pagesIn: (jobSet: string) => number | undefined;
}

/**
 * Reads the pages of a job set, one after the other. One whose text is not what its digest says was tampered with: it
 * counts as unknown, as one of which a page is missing.
 *
 * @param read reads one page; `undefined` where there is none
 */
export async function readJobSet(
  jobSet: string,
  store: JobSetDigests,
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

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { pagesOf, parseJobSet, tickingJobs } from '../../../../lib/core/election/job-set.js';
import { jobSet } from '../../../support/job-set-arbitrary.js';

describe('a job set', () => {
  it('comes back from its pages, which are ASCII and do not depend on the order', () => {
    fc.assert(
      fc.property(jobSet, set => {
        const pages = pagesOf(set);
        // eslint-disable-next-line no-control-regex
        for (const page of pages) expect(/^[\x20-\x7f]*$/.test(page)).toBe(true);
        const back = parseJobSet(pages);
        expect(back?.jobs.size).toBe(set.jobs.size);
        for (const [name, job] of set.jobs)
          expect(JSON.stringify(back?.jobs.get(name))).toBe(JSON.stringify(job));
        expect(pagesOf({ ...set, jobs: new Map([...set.jobs].reverse()) })).toEqual(pages);
      }),
    );
  });

  it('has a page for each 250 jobs', () => {
    const job = { schedule: 's', settings: {}, isStopped: false };
    const jobs = new Map(Array.from({ length: 501 }, (_, at) => [`job-${at}`, job] as const));
    const pages = pagesOf({ app: '', version: '', jobs });
    expect(pages).toHaveLength(3);
    expect(parseJobSet(pages)?.jobs.size).toBe(501);
    expect(pagesOf({ app: '', version: '', jobs: new Map() })).toHaveLength(1);
  });

  it.each(['', 'null', '[]', '{"jobs":{}}', '{"jobs":[1]}', '{"jobs":[[1]]}', 'nan', '\u0000'])(
    'is unknown where a page is %j',
    page => {
      expect(parseJobSet([page])).toBeUndefined();
    },
  );

  it('does not count what is stopped', () => {
    fc.assert(
      fc.property(jobSet, set => {
        const ticking = tickingJobs(set);
        for (const [name, { isStopped }] of set.jobs) expect(ticking.has(name)).toBe(!isStopped);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { differenceOf } from '../../../../lib/core/election/job-set-difference.js';
import { tickingJobs, type JobSet } from '../../../../lib/core/election/job-set.js';
import { jobSet } from '../../../support/job-set-arbitrary.js';

describe('the difference between the jobs of a follower and those of the leader', () => {
  const job = { schedule: 's', settings: { overlap: 'skip' }, isStopped: false };
  const set = (jobs: Record<string, Partial<typeof job>>, app = 'app'): JobSet => ({
    app,
    version: '1',
    jobs: new Map(Object.entries(jobs).map(([name, own]) => [name, { ...job, ...own }])),
  });

  it('is none where the leader has all, be it more', () => {
    expect(differenceOf(set({ a: {} }), set({ a: {}, b: {} }))).toBeUndefined();
    expect(differenceOf(set({}), set({ b: {} }))).toBeUndefined();
    expect(differenceOf(set({ a: { isStopped: true } }), set({}))).toBeUndefined();
  });

  it('names what the leader lacks, and what is stopped there', () => {
    const found = differenceOf(set({ a: {}, b: {}, c: {} }), set({ a: {}, b: { isStopped: true }, d: {} }));
    expect(found).toMatchObject({ kind: 'jobs', missing: ['b', 'c'], stopped: ['b'] });
  });

  it('names other schedules and settings', () => {
    const found = differenceOf(set({ a: {} }), set({ a: { schedule: 't', settings: { overlap: 'allow' } } }));
    expect(found).toMatchObject({ kind: 'settings', schedules: ['a'], settings: ['a.overlap'], missing: [] });
  });

  it('is that of two applications where they have two names, or no name and no job in common', () => {
    expect(differenceOf(set({ a: {} }, 'one'), set({ a: {}, b: {} }, 'two'))).toBeUndefined();
    expect(differenceOf(set({ a: {}, c: {} }, 'one'), set({ a: {} }, 'two'))?.kind).toBe('applications');
    expect(differenceOf(set({ a: {} }, ''), set({ b: {} }, ''))?.kind).toBe('applications');
    expect(differenceOf(set({ a: {} }), set({ b: {} }))?.kind).toBe('jobs');
  });

  it('is found between any two sets one of which lacks what the other has', () => {
    fc.assert(
      fc.property(jobSet, jobSet, (own, other) => {
        const found = differenceOf(own, other);
        const ticksThere = tickingJobs(other);
        const missing = [...tickingJobs(own)].filter(name => !ticksThere.has(name));
        expect([...(found?.missing ?? [])].sort()).toEqual(missing.sort());
      }),
    );
  });
});
